"""The shapes in which personal names and numbers may be shown.

One shape per kind: two sources that hide different digits of one number must not add up, so a
number that arrives masked is masked again. Pure functions over text; nothing here raises.
"""

import re
import unicodedata

from portal.identifiers import fold_code
from portal.publish.surnames import SURNAMES, compound_surname

STAR = "*"
HIDDEN_NAME = STAR * 2
HIDDEN_NUMBER = STAR * 10
"""What stands for a number of unknown kind: no character of it, not even its length."""

MASK_CHARACTERS = "*＊×✕✖•●○◯□■#＃∗⁎﹡✱"
"""Characters that sources use to hide digits; the letters x and X do so only in runs."""

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af〇"
"""Han characters, for use inside a regular expression's brackets."""

NAME_DOTS = "·•・‧∙⋅･ᐧ᛫⸱"
"""The middle dots that divide transliterated names."""

_OLD, _NEW = 15, 18
_DOCUMENT_MINIMUM = 6
_MASKED_LENGTHS = range(16, 21)
_STARRED = str.maketrans(dict.fromkeys(MASK_CHARACTERS, STAR) | {"Х": "X", "х": "X"})
_SPELLED_MASK = re.compile(r"(?<=\d)X{2,}(?=[\dX]|$)")
_CITIZEN = re.compile(r"\d{17}[\dX]", re.ASCII)
_CITIZEN_OLD = re.compile(r"\d{15}", re.ASCII)
_VISIBLE = re.compile(r"([0-9A-Z]*)\*(?:.*\*)?([0-9A-Z]*)", re.ASCII)
_CITIZEN_TYPE = re.compile("身份|居住证|居留|户口")
_TAIWAN_TYPE = re.compile("台胞|台湾|臺灣")

_PLATE = re.compile(r"(\w)([A-Z])([A-Z0-9*]{3,6}[挂学警港澳领试超]?)")
_PLATE_TAIL = 2

_HAN_ONLY = re.compile(f"[{HAN}]+")
_DOTTED = re.compile(f"[{HAN}]+(?:[{NAME_DOTS}][{HAN}]+)+")
_HOUSEHOLD = re.compile(
    r"^(?:个体(?:工商)?户|个体)[:：]?|[（(【\[](?:个体(?:工商)?户|个体|经营者)[）)】\]]$"
)
_BUSINESS_END = frozenset("店部厂行馆场社铺堂坊楼居吧屋摊档室所站院队房廊厅府斋记局圩")
_BUSINESS_WORD = re.compile(
    "中心|超市|公司|企业|合作|商贸|商行|商店|饭|餐|食品|小吃|烧烤|早点|茶|酒|烟|菜|肉|"
    "粮油|药|服装|鞋|理发|美容|美发"
    "|汽修|修理|五金|家具|建材|物流|快递|批发|零售|百货|经营|服务|工作|培训|养殖|种植|"
    "加工|销售|网吧|便利|门诊|诊"
)
_PAIR, _TRIPLE, _LONGEST_NAME = 2, 3, 4


def mask_id(number: str, id_type: str = "") -> str:
    """Return an ID number in the one shape of its kind.

    18 characters: 4 + 10 stars + 4 (citizens, residence permits of Hong Kong, Macao and Taiwan,
    permanent residence); 15 digits: 4 + 8 stars + 3. A document that `id_type` names as another
    one keeps its first character and last two (Taiwan travel permit: the last two alone). A number
    that a source masked gets the same shape, with at most what both show. Anything else: stars.
    """
    folded = fold_code(number.translate(_STARRED)).translate(_STARRED)
    if not folded:
        return ""
    folded = _SPELLED_MASK.sub(_stars_of, folded)
    if _CITIZEN.fullmatch(folded):
        return folded[:4] + STAR * 10 + folded[-4:]
    kind = unicodedata.normalize("NFKC", id_type).strip()
    citizen = not kind or _CITIZEN_TYPE.search(kind) is not None
    if citizen and _CITIZEN_OLD.fullmatch(folded):
        return folded[:4] + STAR * 8 + folded[-3:]
    visible = _VISIBLE.fullmatch(folded)
    if citizen and visible:
        return _remasked(visible[1], visible[2], len(folded))
    if citizen or len(folded) < _DOCUMENT_MINIMUM or not folded.replace(STAR, "").isalnum():
        return HIDDEN_NUMBER
    first = "" if _TAIWAN_TYPE.search(kind) else folded[0]
    return first + STAR * 6 + folded[-2:]


def _stars_of(match: re.Match[str]) -> str:
    """Return as many stars as a run of X hides digits; a last single X may be a check character."""
    return STAR * len(match[0])


def _remasked(head: str, tail: str, length: int) -> str:
    """Return a number that arrived masked in the shape of its length, showing no more than it."""
    if not (head or tail) or not (length == _OLD or length in _MASKED_LENGTHS):
        return HIDDEN_NUMBER
    hidden, last = (8, 3) if length == _OLD else (10, 4)
    return head[:4].ljust(4, STAR) + STAR * hidden + tail[-last:].rjust(last, STAR)


def mask_name(name: str) -> str:
    """Return a person's name as surname and `**`, whatever its length.

    Compound surnames stay whole; double-parent surnames and names with a middle dot keep their
    first character; Latin names their initial. Masked names (张某某, 张*) get the same shape.
    """
    plain = _bare(name)
    if not plain:
        return ""
    compound = compound_surname(plain)
    if compound and len(plain) > len(compound):
        return compound + HIDDEN_NAME
    first = unicodedata.normalize("NFKC", plain[0]) if plain[0] > "\uff00" else plain[0]
    return first + HIDDEN_NAME if first.isalpha() else HIDDEN_NAME


def _bare(name: str) -> str:
    """Return a name without spaces, control and invisible characters."""
    return "".join(c for c in name if not c.isspace() and unicodedata.category(c) not in "Cf Cc Mn")


def mask_plate(plate: str) -> str:
    """Return a licence plate as province, city letter, three stars, last two: `湘L***45`.

    The same shape for seven and eight characters; stars alone for what is no plate.
    """
    folded = fold_code(plate.translate(_STARRED)).replace("•", "")
    if not folded:
        return ""
    match = _PLATE.fullmatch(folded)
    return match[1] + match[2] + STAR * 3 + match[3][-_PLATE_TAIL:] if match else STAR * 3


def is_person_like(name: str) -> bool:
    """Tell whether a household business is registered under nothing but a person's name.

    Two to four Han characters that begin with a known surname and hold no business word; four only
    with a compound or a double-parent surname; also names with a middle dot, and all of these
    dressed as `个体户张三` or `张三（个体工商户）`.
    """
    plain = _HOUSEHOLD.sub("", _bare(name))
    if _DOTTED.fullmatch(plain):
        return plain[-1] not in _BUSINESS_END and not _BUSINESS_WORD.search(plain)
    if not _HAN_ONLY.fullmatch(plain) or not _PAIR <= len(plain) <= _LONGEST_NAME:
        return False
    if _BUSINESS_WORD.search(plain) or (len(plain) > _PAIR and plain[-1] in _BUSINESS_END):
        return False
    if compound_surname(plain):
        return True
    return plain[0] in SURNAMES and (len(plain) <= _TRIPLE or plain[1] in SURNAMES)
