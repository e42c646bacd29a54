"""The data dictionary: every class, field and list of the catalogue, with the rules around them.

What the page and the interface show of the catalogue; made from it alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from portal.catalog_model import Catalog, Color, CreditList, Disclosure, Field, RecordClass, Term

DISCLOSURES: Mapping[Disclosure, str] = {
    "public": "公开",
    "representative": "公开姓名，不公开证件号码",
    "masked": "脱敏后公开",
    "match_only": "只用于内部比对，不公开",
    "never": "不公开",
}
NOT_OF_PERSONS = "公开；自然人的不公开"
PERSONS: Mapping[str, str] = {
    "never": "自然人的信息不公示。",
    "with_basis": "自然人的信息只在有法律依据时公示。",
    "with_consent": "自然人的信息只在有法律依据或者本人同意时公示。",
    "always": "自然人的信息依法公示。",
}
NAMES: Mapping[str, str] = {"full": "显示姓名。", "surname": "只显示姓氏。"}
MINORS = "未成年人的信息不公示。"


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """A field: its names, standard codes, type, and who may see it, as a code and in words."""

    name: str
    title: str
    title_en: str
    codes: tuple[str, ...]
    type: str
    required: bool
    disclosure: Disclosure
    disclosed: str


@dataclass(frozen=True, slots=True)
class TermEntry:
    """A rule of publicity in words, with its legal source.

    `months` is the longest term, None where it has no fixed one or withholds; `withheld` tells that
    what it covers is not shown; `confirmed` is False where it is still to be checked.
    """

    name: str
    months: int | None
    withheld: bool
    basis: str
    source_date: date | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """A class of records with its legal source, its rules (for persons: sentences), its fields."""

    code: str
    title: str
    title_en: str
    about: str
    basis: str
    persons: tuple[str, ...]
    terms: tuple[TermEntry, ...]
    fields: tuple[FieldEntry, ...]


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A public list; `months` is the longest term of an entry, None where the source decides."""

    code: str
    name: str
    color: Color
    family: str
    authority: str
    basis: str
    months: int | None
    source_date: date | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The whole dictionary, in the catalogue's order."""

    classes: tuple[ClassEntry, ...]
    lists: tuple[ListEntry, ...]


def dictionary_of(catalog: Catalog) -> Dictionary:
    """Return the dictionary of a catalogue, without lists that are for reference only."""
    return Dictionary(
        classes=tuple(_class(record_class, catalog) for record_class in catalog.classes),
        lists=tuple(_list(entry, catalog) for entry in catalog.public_lists),
    )


def _class(record_class: RecordClass, catalog: Catalog) -> ClassEntry:
    return ClassEntry(
        code=record_class.code,
        title=record_class.title,
        title_en=record_class.title_en,
        about=record_class.about,
        basis=record_class.basis,
        persons=_persons(record_class),
        terms=tuple(_terms(catalog.terms_by_class.get(record_class.code, ()))),
        fields=tuple(_field(field) for field in record_class.fields),
    )


def _persons(record_class: RecordClass) -> tuple[str, ...]:
    rule = record_class.persons
    if rule.show == "never":
        return (PERSONS["never"],)
    show = "with_consent" if rule.show == "with_basis" and rule.consent else rule.show
    return PERSONS[show], NAMES[rule.name], MINORS


def _terms(terms: Iterable[Term]) -> Iterable[TermEntry]:
    for term in terms:
        yield TermEntry(
            name=term.name,
            months=term.months,
            withheld=bool(term.withheld),
            basis=term.basis,
            source_date=term.source_date,
            confirmed=term.confirmed,
        )


def _field(field: Field) -> FieldEntry:
    hidden_of_persons = field.disclosure == "public" and not field.persons
    return FieldEntry(
        name=field.name,
        title=field.title,
        title_en=field.title_en,
        codes=field.codes,
        type=field.type,
        required=field.required,
        disclosure=field.disclosure,
        disclosed=NOT_OF_PERSONS if hidden_of_persons else DISCLOSURES[field.disclosure],
    )


def _list(entry: CreditList, catalog: Catalog) -> ListEntry:
    return ListEntry(
        code=entry.code,
        name=entry.name,
        color=entry.color,
        family=catalog.families[entry.family] if entry.color == "black" else "",
        authority=entry.authority,
        basis=entry.basis,
        months=entry.term_months,
        source_date=entry.source_date,
        confirmed=entry.confirmed,
    )
