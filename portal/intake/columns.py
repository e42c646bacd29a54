"""Which class a file is of, and which field each of its columns fills."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.catalog_model import Catalog, RecordClass
from portal.errors import SourceError
from portal.headings import fold_heading


class Generation(StrEnum):
    """Which standard the codes of a file are of; they give the same values other meanings."""

    LEGACY = "2015"
    PRESENT = "2018"
    MIXED = "both"
    UNTOLD = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The reading of a file's headings: its class, and the generation of its codes.

    `unknown` are the headings that the catalogue does not know; their columns are not taken.
    """

    record_class: RecordClass
    generation: Generation
    unknown: tuple[str, ...]

    @property
    def legacy(self) -> bool:
        """Whether the codes are those of 2015 alone."""
        return self.generation is Generation.LEGACY


class Generations:
    """Tells the generation of headings, for one class."""

    def __init__(self, record_class: RecordClass) -> None:
        fields = record_class.fields
        legacy = {fold_heading(heading) for field in fields for heading in field.legacy}
        shared = {fold_heading(h) for f in fields if f.both_generations for h in f.codes}
        present = {fold_heading(heading) for field in fields for heading in field.codes}
        self._legacy = frozenset(legacy)
        self._present = frozenset(present - shared) if legacy else frozenset()

    def of(self, headings: Iterable[str]) -> Generation:
        """Return the generation of the codes among headings; Chinese headings tell none."""
        folded = {fold_heading(heading) for heading in headings}
        if self._legacy.isdisjoint(folded):
            return Generation.UNTOLD if self._present.isdisjoint(folded) else Generation.PRESENT
        return Generation.LEGACY if self._present.isdisjoint(folded) else Generation.MIXED


def recognise(headings: Sequence[str], catalog: Catalog, class_code: str = "") -> Layout:
    """Tell the class of a file from its headings, or take the one given by its code.

    A file of events is recognised like a class of records. The class with all its required columns
    and the most known headings wins. Raises SourceError
    when the code is no class, no class fits, required columns are missing, or two fit equally.
    """
    readable = (*catalog.classes, catalog.events.record)
    if class_code:
        record_class = next((c for c in readable if c.code == class_code), None)
        if record_class is None:
            known = "、".join(c.code for c in readable)
            raise SourceError(f"--class：目录中没有“{class_code}”，可用：{known}")
        missing = _missing(record_class, headings)
        if missing:
            raise SourceError(f"缺少“{record_class.title}”的必填列：{'、'.join(missing)}")
        return _layout(record_class, headings)
    scores = sorted(
        ((_known(c, headings), c) for c in readable if not _missing(c, headings)),
        key=lambda pair: -pair[0],
    )
    if not scores:
        raise SourceError("表头不符合目录中的任何一类，可用 --class 指定类别查看缺少哪些列")
    if len(scores) > 1 and scores[0][0] == scores[1][0]:
        names = f"“{scores[0][1].title}”和“{scores[1][1].title}”"
        raise SourceError(f"表头同样符合{names}，请用 --class 指定")
    return _layout(scores[0][1], headings)


def _known(record_class: RecordClass, headings: Sequence[str]) -> int:
    known = record_class.heading_map()
    return sum(fold_heading(heading) in known for heading in headings)


def _missing(record_class: RecordClass, headings: Sequence[str]) -> list[str]:
    folded = {fold_heading(heading) for heading in headings}
    return [
        field.title
        for field in record_class.fields
        if field.required and not folded & {fold_heading(h) for h in field.headings()}
    ]


def _layout(record_class: RecordClass, headings: Sequence[str]) -> Layout:
    known = record_class.heading_map()
    folded = {heading: fold_heading(heading) for heading in headings}
    return Layout(
        record_class=record_class,
        generation=Generations(record_class).of(headings),
        unknown=tuple(h for h, value in folded.items() if value and value not in known),
    )
