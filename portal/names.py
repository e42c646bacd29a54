"""Is a name a person's or an organisation's? What its characters alone can tell.

Intake asks it to find out who a row is about, publishing to find out who is protected. Doubt goes
to the side of the person. Pure functions over any text; nothing here raises.
"""

import re
import unicodedata
from functools import lru_cache

from portal.surnames import STRONG_SURNAMES, SURNAMES, compound_surname

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af〇"
"""Han characters, for use inside a regular expression's brackets."""

NAME_DOTS = "·•・‧∙⋅･ᐧ᛫⸱"
"""The middle dots that divide transliterated names."""

MASK_CHARACTERS = "*＊×✕✖•●○◯□■#＃∗⁎﹡✱"
"""Characters that sources use to hide digits and names; the letters x and X do so only in runs."""

# One record asks of the same few names again and again, until the last of its fields is shown.
_ASKED_AGAIN = 1_000

_HAN_ONLY = re.compile(f"[{HAN}]+")
_DOTTED = re.compile(f"[{HAN}]+(?:[{NAME_DOTS}][{HAN}]+)+")
_MASKED = re.compile(rf"[{HAN}]{{1,2}}[{re.escape(MASK_CHARACTERS)}xX]{{1,4}}[{HAN}]{{0,2}}")

_OWNER = "经营者|經營者|业主|業主|户主|戶主|负责人|負責人|店主|姓名"
_TRADER = "[个個](?:体|體)(?:工商[户戶]|[户戶])?|工商[户戶]"
_BEFORE = re.compile(rf"^(?:{_TRADER}|{_OWNER})[:：]?")
_BRACKETED = re.compile(rf"[（(【\[][^（(【\[]{{0,8}}(?:{_TRADER}|{_OWNER}|自然人|本人)[）)】\]]$")
_BEHIND = re.compile(rf"(?:{_TRADER}|经营户|經營戶|摊贩|攤販|摊位|攤位|摊点|摊|攤)$")

_SURE_ENDS = frozenset(
    "店部厂廠馆館场場铺鋪坊吧屋摊攤档檔室所站院队隊房廊厅廳局圩处處署委办辦矿組组"
)
_LIKELY_ENDS = frozenset("行社堂楼樓居府斋齋记記园園校城阁閣苑汇港庄莊业業会會关關")
"""Ends of shops and offices that are the last character of many a given name too."""

_BUSINESS_WORD = re.compile(
    "中心|超市|公司|集团|企业|合作|商贸|商行|商店|食品|小吃|烧烤|早点|粮油|服装|理发|美容|美发"
    "|汽修|修理|五金|家具|建材|物流|快递|批发|零售|百货|经营|服务|工作|培训|养殖|种植|"
    "加工|销售|网吧|便利|门诊|银行|协会|学会|基金|政府|大学|医院"
)
_BUSINESS_CHARACTER = re.compile("[饭餐茶酒烟菜肉药鞋诊]")
NAME_CHARACTERS = frozenset(
    "阿艾安爱巴白贝比别博布才次达丹德迪顶丁东多尔尕甘嘎格根古桂哈海汗合赫胡吉加贾江杰旦金卡"
    "凯坎克肯库拉来兰勒力丽里利林龙鲁罗洛马买麦曼毛玛米明莫木姆穆拿那娜乃尼努诺帕平普其奇恰强"
    "琴青曲仁日茹如若萨赛桑色沙山莎什史斯苏索塔台泰坦特提铁图吐托瓦旺维温乌吾西孜则扎珠卓子孜"
    "都热雅亚娅央依伊益英于玉玥再珍增扎治宗措姐姬坚竹吾衣提不肉热木合曼汉娃吉顿贡却巧松赞群培"
)
"""Characters that write the names of Uyghurs, Kazakhs, Tibetans, Mongols and others."""

_PAIR, _TRIPLE, _SHORT, _LONGEST_TRANSLITERATED = 2, 3, 4, 9
_FEWEST_OF_AN_ORGANISATION = 5

_ORGANISATION = (
    "有限公司|有限责任公司|公司|集团|企业|合作社|供销社|信用社|银行|[支分]行|协会|商会|学会|联合会|促进会|研究会|"
    "基金会|委员会|工会|总会|分会|政府|法院|检察院|医院|卫生院|大学|学院|中学|小学|学校|幼儿园|事务所|研究[院所]|"
    "经营部|项目部|中心|合伙|办事处|代表处|派出所|人民政府"
)
_MORE_ENDS = "酒楼|超市|市场|大厦|宾馆|网吧|药房|饭庄|山庄|农庄|农场|牧场|村|镇|乡|社区|居"
_LATIN_FORM = r"(?:Co|Ltd|Inc|Corp|LLC|GmbH|Limited|Company|PLC|AG)\.?"
_BRACKETS = r"(?:[（(【\[][^（()）【】\[\]]*[）)】\]])?"
_SURE_ORGANISATION = re.compile(rf"(?:{_ORGANISATION}){_BRACKETS}$")
_ORGANISATION_END = re.compile(
    rf"(?:{_ORGANISATION}|{_MORE_ENDS}|[{''.join(sorted(_SURE_ENDS | _LIKELY_ENDS))}]){_BRACKETS}$"
)
_LATIN_ORGANISATION = re.compile(rf"[\s.,，]{_LATIN_FORM}$", re.IGNORECASE)
_WORD_WITHIN = re.compile(
    f"{_ORGANISATION}|{_MORE_ENDS}|[{''.join(sorted(_SURE_ENDS))}]|{_BUSINESS_WORD.pattern}"
)


@lru_cache(_ASKED_AGAIN)
def bare(name: str) -> str:
    """Return a name without spaces, control and invisible characters."""
    return "".join(c for c in name if not c.isspace() and unicodedata.category(c) not in "Cf Cc Mn")


@lru_cache(_ASKED_AGAIN)
def personal_part(name: str) -> str:
    """Return the person's name in one such as `经营者张三`, `张三（个体工商户）` or `张三摊`.

    A name that is dressed otherwise, or not at all, comes back without spaces.
    """
    plain = bare(name)
    core = _BRACKETED.sub("", _BEFORE.sub("", plain))
    before = _BEHIND.sub("", core)
    if before != core and _is_name(before, business=False):
        return before
    return core or plain


@lru_cache(_ASKED_AGAIN)
def is_person_like(name: str) -> bool:
    """Tell whether a name can only be taken for a person's.

    Two or three Han characters that begin with a surname, four with a compound or double-parent
    surname, names with a middle dot, transliterated names, names that a source masked; also dressed
    as `personal_part` describes. What ends as shops and offices do is none, unless the end is as
    common in given names (周园园, 李玉堂).
    """
    return _is_name(personal_part(name), business=True)


@lru_cache(_ASKED_AGAIN)
def may_be_person(name: str) -> bool:
    """Tell whether a household may be registered under nothing but a person's name.

    As `is_person_like`; also two to four Han characters with an unknown surname and no business
    word: most of them are brands, but some are somebody.
    """
    core = personal_part(name)
    if _is_name(core, business=True):
        return True
    if not _HAN_ONLY.fullmatch(core) or not _PAIR <= len(core) <= _SHORT:
        return False
    word = _BUSINESS_WORD.search(core) or _BUSINESS_CHARACTER.search(core)
    return not word and core[-1] not in _SURE_ENDS | _LIKELY_ENDS


def is_organisation_like(name: str, *, surely: bool = False) -> bool:
    """Tell whether a name can only be taken for an organisation's or a shop's, not a person's.

    It ends in a word for one (a bracketed part may follow), or is five characters long and holds
    one. With `surely`, only by an end such as 公司, 合作社 or 委员会, which no shop has.
    """
    plain = bare(name)
    if surely:
        return _SURE_ORGANISATION.search(plain) is not None
    if is_person_like(plain):
        return False
    if _ORGANISATION_END.search(plain) or _LATIN_ORGANISATION.search(name.strip()):
        return True
    long = len(plain) >= _FEWEST_OF_AN_ORGANISATION and not _DOTTED.fullmatch(plain)
    return long and _WORD_WITHIN.search(plain) is not None


def _is_name(plain: str, *, business: bool) -> bool:
    """Tell whether a bare name is a person's; without `business` no end speaks against it."""
    if _MASKED.fullmatch(plain):
        return plain[0] in SURNAMES or compound_surname(plain) != ""
    if _DOTTED.fullmatch(plain):
        return plain[-1] not in _SURE_ENDS and not _BUSINESS_WORD.search(plain)
    if not _HAN_ONLY.fullmatch(plain) or len(plain) < _PAIR:
        return False
    if business and _is_business(plain):
        return False
    if NAME_CHARACTERS.issuperset(plain) and _TRIPLE <= len(plain) <= _LONGEST_TRANSLITERATED:
        return True
    return _has_surname(plain)


def _has_surname(plain: str) -> bool:
    """Tell whether Han characters have the length of a name that begins as theirs does."""
    compound = compound_surname(plain)
    if compound:
        return len(plain) <= len(compound) + _PAIR
    double = len(plain) == _SHORT and plain[1] in SURNAMES
    return plain[0] in SURNAMES and (len(plain) <= _TRIPLE or double)


def _is_business(plain: str) -> bool:
    """Tell whether a word or an end in a name speaks of a business."""
    surname = plain[0] in STRONG_SURNAMES or compound_surname(plain) != ""
    given = surname and len(plain) == _TRIPLE
    if _BUSINESS_WORD.search(plain) or (_BUSINESS_CHARACTER.search(plain) and not given):
        return True
    if len(plain) == _PAIR:
        return plain[-1] in _SURE_ENDS | _LIKELY_ENDS and plain[0] not in STRONG_SURNAMES
    return plain[-1] in _SURE_ENDS or (plain[-1] in _LIKELY_ENDS and not given)
