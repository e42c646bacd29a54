"""The parts of a company's name: place, distinctive core, legal form (企业名称登记管理规定 Art. 6).

Works on folded names. It only orders and widens results, it never decides what a record is about;
a name that does not follow the pattern is all core.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PLACES_FILE = Path(__file__).parent / "words" / "places.toml"
_PLACE_LENGTHS = (6, 5, 4, 3, 2)
_LEVEL = re.compile(r"特别行政区|自治[区州县旗]|地区|新区|省|市(?![政场民内])|县|区(?!域)|州|盟")
_ANY_PLACE = re.compile(r"[^省市县区]{2,3}(?:省|市(?![政场民内])|县)")
_MOST_PLACES = 3

JOINT_STOCK = "股份有限公司"
_FORM = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|股份公司|集团公司|总公司|公司|集团|控股|股份)+$"
)
_FORM_WORD = re.compile(r"股份|有限责任|有限|集团|控股|责任|公司|普通合伙|特殊普通合伙|有限合伙")
_LEVEL_WORD = re.compile(r"[省市县](?![政场民内])|自治[区州]")
_BRANCHES = (
    "分公司", "支公司", "支行", "分行", "分店", "分厂", "分部", "分社", "分所", "分院", "营业部",
    "营业厅", "营业所", "经营部", "经销部", "门市部", "服务部", "销售部", "项目部", "办事处",
    "代表处", "联络处", "储蓄所", "加油站", "工厂", "车间", "门店", "专卖店",
)  # fmt: skip
_FORM_CHARACTERS = "股份有限责任公司集团总控"
_SHORTEST_CORE = 2


@dataclass(frozen=True, slots=True)
class NameParts:
    """Where the core of a folded name starts and ends; what follows it is the legal form.

    `branch` tells that the name ends as branches of a company do: a branch is another subject.
    """

    start: int
    end: int
    joint_stock: bool
    branch: bool

    @property
    def core_length(self) -> int:
        """Characters of the core."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Places:
    names: frozenset[str]
    short: dict[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def _places() -> _Places:
    data = tomllib.loads(_PLACES_FILE.read_text(encoding="utf-8"))
    names = frozenset(name for group in data["places"].values() for name in group.split())
    return _Places(names, {key: tuple(value) for key, value in data["short"].items()})


def place_end(folded: str) -> int:
    """Return where the places at the front of a folded name end, 0 where there are none."""
    at = 0
    for _ in range(_MOST_PLACES):
        end = _one_place(folded, at)
        if not end or len(folded) - end < _SHORTEST_CORE:
            break
        at = end
    return at


def _one_place(folded: str, at: int) -> int:
    names = _places().names
    for length in _PLACE_LENGTHS:
        if folded[at : at + length] in names:
            level = _LEVEL.match(folded, at + length)
            return level.end() if level else at + length
    unknown = _ANY_PLACE.match(folded, at)
    return unknown.end() if unknown else 0


def parts_of(folded: str) -> NameParts:
    """Return the parts of a folded name."""
    start = place_end(folded)
    # Nothing before the last other character can belong to the form.
    earliest = len(folded.rstrip(_FORM_CHARACTERS))
    form = _FORM.search(folded, max(earliest, _SHORTEST_CORE))
    end = form.start() if form else len(folded)
    if end - start < 1:
        start = 0
    return NameParts(start, end, folded.endswith(JOINT_STOCK), is_branch(folded))


def bare(folded: str) -> str:
    """Return a folded name without words for its legal form and the levels of its places.

    Two names that differ in nothing else are the same bare name: 红塔证券有限公司 and
    红塔证券股份有限公司.
    """
    return _FORM_WORD.sub("", _LEVEL_WORD.sub("", folded))


def is_branch(folded: str) -> bool:
    """Tell whether a folded name ends as the names of branches do."""
    return folded.endswith(_BRANCHES)


def places_meant(character: str) -> tuple[str, ...]:
    """Return the places that one character at the front may stand for: 皖 for 安徽."""
    return _places().short.get(character, ())
