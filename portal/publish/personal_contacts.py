"""Remove contacts and places of persons from running text.

E-mail, chat accounts, bank accounts (organisations' too), private landlines, licence plates, dates
of birth and home addresses. Each rule needs a marker or an unmistakable shape, so that amounts,
credit codes and authorities' own numbers stay. Every pattern is bounded: time is linear.
"""

import re

from portal.identifiers import fold_code, is_uscc
from portal.publish.masks import HAN, mask_plate

PHONE_REMOVED = "[电话已隐去]"
MAIL_REMOVED = "[邮箱已隐去]"
CHAT_REMOVED = "[网络账号已隐去]"
ACCOUNT_REMOVED = "[账号已隐去]"
ADDRESS_REMOVED = "[住址已隐去]"
BIRTH_REMOVED = "[出生日期已隐去]"
"""What stands where a value was removed: no digits, nothing that could be read as a value again."""

_JOIN = r"(?:号码?|[为是系:：()（）\s\"“”'=])"
_MAIL_NAME = r"[A-Za-z0-9Ａ-Ｚａ-ｚ０-９._%+\-]"
_MAIL = re.compile(rf"{_MAIL_NAME}{{1,64}}\s?[@＠]\s?{_MAIL_NAME}{{2,120}}")
_CHAT = re.compile(
    r"(微信|WeChat|\bvx|\bwx|扣扣|企鹅号|钉钉号|抖音号|快手号|支付宝|QQ|ＱＱ)"
    rf"((?:账号|帐号|群|ID|{_JOIN}){{0,6}})([A-Za-z][\w\-]{{5,30}}|\d{{5,12}})(?!\d|"
    r"\s?[元万亿%％年])",
    re.IGNORECASE | re.ASCII,
)
_CHAT_WORDS = (
    "微信",
    "wechat",
    "vx",
    "wx",
    "扣扣",
    "企鹅",
    "钉钉",
    "抖音",
    "快手",
    "支付宝",
    "qq",
    "ｑｑ",
)
_ACCOUNT = re.compile(
    r"((?:账号|帐号|卡号|账户|帐户|银行卡|信用卡|储蓄卡|存折|户头|银行)"
    rf"(?:尾号|卡|账户|账号|帐号|{_JOIN}){{0,8}})"
    r"([\d*＊](?:[\s\-]{0,2}[\d*＊X]){7,40})(?!\d|(?:\.\d+)?\s?[元万亿])"
)
_HOME_PHONE = re.compile(
    r"((?:家庭电话|住宅电话|宅电|家中电话)[:：为是\s]{0,3})(\+?\d[\d\- ]{5,16}\d)"
)
_PLATE_CHARACTER = "A-HJ-NP-Za-hj-np-z0-9Ａ-ＨＪ-ＮＰ-Ｚ０-９"
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[A-Za-zＡ-Ｚａ-ｚ][\s·•.\-]?"
    rf"(?:[{_PLATE_CHARACTER}*＊]{{5}}|"
    rf"(?=\w{{0,5}}[A-KＡ-Ｋa-k])(?=\w{{0,2}}\d{{3}})[{_PLATE_CHARACTER}]{{6}}"
    r"|[*＊]{3,5}[A-Z0-9]{1,3}|[A-Z0-9]{1,3}[*＊]{2,5}[A-Z0-9]{0,3}|[A-Z0-9]{4}[挂学警港澳领试超])"
    r"(?![A-Za-z0-9*＊])"
)
_BIRTH = re.compile(
    r"((?:出生日期|出生年月日?|出生时间|生日|出生于|生于)[:：为是\s]{0,3})"
    r"(\d{2,4}\s?[年.\-/]\s?\d{1,2}(?:\s?[月.\-/]\s?\d{1,2}\s?日?|月)?|\d{8}|\d{4}年)"
)
_BORN = re.compile(
    r"(\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?|\d{4}[-./]\d{1,2}[-./]\d{1,2})(?=出生|生人|"
    r"生[，,。；;）)])"
)
_BIRTH_WORD = re.compile("出生|生[日于人，,。；;）)]")

_PROVINCE = (
    "(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|"
    "河南|湖北|湖南|广东|海南|四川|贵州"
    "|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)"
    "(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?"
)
_CITY = f"[{HAN}]{{1,8}}?(?:市(?![场区政民])|自治州|地区|盟)"
_COUNTY = f"[{HAN}]{{1,10}}?(?:(?<![小社园院厂校景宅活属库])区|县|旗|市(?![场民政]))"
_NO_CITY, _NO_COUNTY = re.compile("[区县路街村]"), re.compile("[路街巷村栋号弄组楼]")
_DIVISION = re.compile(rf"(?:{_PROVINCE})?")
_CITY_AT, _COUNTY_AT = re.compile(_CITY), re.compile(_COUNTY)
_HOME = re.compile(
    r"(?<!\[)((?:家庭住址|家庭地址|现住址|现住地|户籍地址?|户籍所在地|户口所在地|暂住地|"
    r"暂住|居住地址?|居住于|居住在|住址"
    r"|家住|(?<!发)现住(?!客)|租住于|租住在|租住|户籍)[:：]?|(?:(?<=[，,。；;、（(])|"
    r"^)住(?![宿房建院户宅所地址客了满进入店]))"
    r"([:：\s]{0,2}[为是系在于]?[:：\s]{0,2})"
)
_DWELLING = re.compile(
    r"((?:住所地?|经常居住地|联系地址|通讯地址|通信地址|地址)[:：\s]{0,2}[为是系在于]?[:：\s]{0,2})"
)
_PLACE_WORD = re.compile("住|户籍|户口|地址")
_ABOUT_PERSON = re.compile(
    r"[，,（(、][男女][，,、）)]|身份证|公民身份|出生|[汉苗瑶侗回满壮藏]族|\*\*[，,（(]"
)
_ORGANISATION = re.compile(
    "公司|企业|银行|合作社|工厂|中心|事务所|委员会|学校|医院|超市|经营部|法定代表人|[局店厂]"
)
_CLAUSE_END = re.compile(r"[，,。；;、\n\r\[\]（）()：:\t*]|的|因[^\d]")
_UNIT = re.compile(
    r"(?:号楼|号院|号|室|栋|幢|单元|组|楼|层|座|路|街|大道|巷|弄|村|镇|乡|小区|花园|苑|"
    r"公寓|家园|宿舍|附近|对面|门面|院|户|街道|社区|屯|寨)"
    r"[\dA-Za-z\-]{0,8}"
)
_REACH = 60
_BEFORE = 80


def scrub_contacts(text: str) -> str:
    """Return text without e-mail, chat and bank accounts and home landlines."""
    if "@" in text or "＠" in text:
        text = _MAIL.sub(MAIL_REMOVED, text)
    lower = text.lower()
    if any(word in lower for word in _CHAT_WORDS):
        text = _CHAT.sub(rf"\1\2{CHAT_REMOVED}", text)
    text = _ACCOUNT.sub(_without_account, text)
    return (
        _HOME_PHONE.sub(rf"\1{PHONE_REMOVED}", text) if "电话" in text or "宅电" in text else text
    )


def _without_account(match: re.Match[str]) -> str:
    """Return the marker alone, or everything where the number is a credit code."""
    code = is_uscc(fold_code(match[2])[:18])
    return match[0] if code else match[1] + ACCOUNT_REMOVED


def scrub_plates(text: str) -> str:
    """Return text with licence plates in their one shape."""
    return _PLATE.sub(lambda match: mask_plate(match[0].replace("-", "")), text)


def scrub_births(text: str) -> str:
    """Return text without dates of birth: beside a masked ID number they would undo the mask."""
    if not _BIRTH_WORD.search(text):
        return text
    return _BORN.sub(BIRTH_REMOVED, _BIRTH.sub(rf"\1{BIRTH_REMOVED}", text))


def scrub_homes(text: str) -> str:
    """Return text with persons' home addresses cut after the county."""
    if not _PLACE_WORD.search(text):
        return text
    parts: list[str] = []
    done = 0
    for match in _markers(text):
        start = match.end()
        if start < done:
            continue
        begin, end = _private_part(text, start, strict=match[0].startswith("住"))
        if begin < end:
            parts += (text[done:begin], ADDRESS_REMOVED)
            done = end
    return "".join(parts) + text[done:]


def _markers(text: str) -> list[re.Match[str]]:
    """Return the markers of home addresses in a text, in order."""
    found = list(_HOME.finditer(text))
    found += [match for match in _DWELLING.finditer(text) if _is_about_person(text, match.start())]
    return sorted(found, key=re.Match.end)


def _is_about_person(text: str, place: int) -> bool:
    """Tell whether the words before an address speak of a person rather than an organisation."""
    before = re.split("[。；;\n]", text[max(0, place - _BEFORE) : place])[-1]
    return bool(_ABOUT_PERSON.search(before)) and not _ORGANISATION.search(before)


def _private_part(text: str, start: int, *, strict: bool) -> tuple[int, int]:
    """Return where the part of an address below the county begins and ends.

    With `strict`, nothing is private unless it looks like an address (a weak marker).
    """
    stop = _CLAUSE_END.search(text, start, start + _REACH)
    end = stop.start() if stop else min(len(text), start + _REACH)
    begin = _after_county(text, start, end)
    units = list(_UNIT.finditer(text, begin, end))
    if units:
        return begin, units[-1].end()
    return (begin, begin) if strict or begin > start else (begin, end)


def _after_county(text: str, start: int, end: int) -> int:
    """Return the place after province, city and county at the beginning of an address."""
    division = _DIVISION.match(text, start, end)
    place = division.end() if division else start
    for level, barred in ((_CITY_AT, _NO_CITY), (_COUNTY_AT, _NO_COUNTY)):
        match = level.match(text, place, end)
        if match and not barred.search(match[0][:-1]):
            place = match.end()
    return place
