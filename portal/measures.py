"""What follows from standing on a list: measures of punishment and of encouragement.

Data like the rest of the catalogue: `portal/catalog/measures.toml`. They decide nothing about what
is public; they are shown beside a list and a listed subject.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from portal.errors import CatalogError

Force = Literal["mandatory", "recommended"]
Effect = Literal["punishment", "encouragement"]


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A measure (惩戒措施, 激励措施) and the lists whose subjects it concerns.

    `force` mandatory (强制性: law or policy of the centre commands it) or recommended (推荐性: left
    to whoever applies it). `carried_out_by` names who applies it. `source_date` is the day the
    legal source took effect, `confirmed` is False where the text is still to be checked against it.
    """

    name: str
    effect: Effect
    force: Force
    lists: tuple[str, ...]
    carried_out_by: str
    basis: str
    about: str = ""
    source_date: date | None = None
    confirmed: bool = True


def restricted(measures: Iterable[Measure], lists: Mapping[str, str]) -> tuple[Measure, ...]:
    """Return the measures as far as they concern these lists (code → red or black).

    For the built-in measures beside lists that a policy put in place of the built-in ones.
    """
    fitting = (
        msgspec.structs.replace(
            measure, lists=tuple(c for c in measure.lists if _fits(measure, c, lists))
        )
        for measure in measures
    )
    return tuple(measure for measure in fitting if measure.lists)


def check_measures(path: Path, measures: Iterable[Measure], lists: Mapping[str, str]) -> None:
    """Check the measures; `lists` maps the code of each public list to red or black.

    Raises CatalogError naming the file and the measure.
    """
    for number, measure in enumerate(measures, start=1):
        where = f"{path}：measures 第 {number} 条"
        for key in ("name", "carried_out_by", "basis"):
            if not getattr(measure, key).strip():
                raise CatalogError(f"{where} {key} 不能为空")
        if not measure.lists or len(set(measure.lists)) < len(measure.lists):
            raise CatalogError(f"{where} lists 不能为空，也不能重复")
        for code in measure.lists:
            if code not in lists:
                raise CatalogError(f"{where} lists “{code}”不是公开的名单")
            if not _fits(measure, code, lists):
                raise CatalogError(f"{where} effect 与名单“{code}”的性质不符")


def _fits(measure: Measure, code: str, lists: Mapping[str, str]) -> bool:
    return lists.get(code) == ("red" if measure.effect == "encouragement" else "black")
