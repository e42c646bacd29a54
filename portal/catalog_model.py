"""The types of the catalogue: classes and their fields, lists, publicity terms.

Some field names have a meaning that code relies on; `MEANINGS` lists them.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Literal

import msgspec

from portal.headings import fold_heading
from portal.records import SubjectKind

FieldType = Literal[
    "text", "name", "authority", "document_number", "uscc", "org_code", "code", "code_list", "list",
    "id_number", "card_number", "date", "past_date", "end_date", "money", "status", "subject_kind",
    "list_code",
]  # fmt: skip
Disclosure = Literal["public", "representative", "masked", "match_only", "never"]
Color = Literal["red", "black"]

MEANINGS: Mapping[str, str] = {
    "subject_name": "name of the subject",
    "subject_kind": "organisation, household or natural person",
    "uscc": "unified social credit code of the subject",
    "org_code": "organisation code of the subject",
    "registration_number": "old business registration number of the subject",
    "id_type": "type of a natural person's ID",
    "id_number": "a natural person's ID number",
    "representative": "legal representative of an organisation",
    "document_number": "number of the decision or case",
    "decided_on": "day of the decision or listing; the newest come first",
    "published_on": "day of publication by the source",
    "ends_on": "the source's own last day",
    "valid_until": "last day of validity of a permit",
    "authority": "who decided",
    "authority_code": "credit code of who decided",
    "list_code": "code of a list in lists.toml",
    "list_name": "name of a list, from which its code is found",
    "status": "state the source gives",
    "removed_on": "day of removal from a list",
    "severity": "minor, general or serious dishonesty",
    "legal_basis": "statute a decision rests on",
    "penalty_types": "kinds of penalty",
    "disruption": "conduct of a dishonest judgment debtor",
    "disclosure_basis": "legal basis or consent for showing a natural person",
    "former_names": "earlier names of the organisation",
    "former_codes": "earlier codes of the organisation",
}

KEY_PARTS = frozenset({"subject", "authority"})
"""Parts of a business key that are no field: who it is about, and who decided (code, else name)."""


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what is read from TOML: frozen, and an unknown key is an error."""


class Field(Struct, frozen=True):
    """One field of a class.

    `codes` are standard codes, `legacy` those of the 2015 generation only, `aliases` further
    headings. `values` maps what sources write to canonical words (`legacy_values` in files of the
    2015 generation). `persons` is False for a field that is not shown of a natural person,
    `unreliable` is True where the source's word is only a hint.
    """

    name: str
    title: str
    title_en: str
    type: FieldType
    disclosure: Disclosure
    codes: tuple[str, ...] = ()
    legacy: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    required: bool = False
    searchable: bool = False
    persons: bool = True
    unreliable: bool = False
    values: dict[str, str] = {}
    legacy_values: dict[str, str] = {}

    def headings(self) -> tuple[str, ...]:
        """Return every heading that names this field, as written."""
        return (self.name, self.title, *self.codes, *self.legacy, *self.aliases)


class PersonRule(Struct, frozen=True):
    """Whether and how natural persons of a class are shown.

    `show`: never, with_basis (only with a disclosure basis on the record) or always.
    `name`: full, or surname with `**`.
    """

    show: Literal["never", "with_basis", "always"]
    name: Literal["full", "surname"]


class RecordClass(Struct, frozen=True, dict=True):
    """A class of records: 行政许可, 行政处罚, … `family` is the tone in which pages show it.

    `key` are the parts of the business key, `heading` the fields a record is headed by (first
    non-empty wins), `documents` the fields whose numbers find it exactly. Where
    `organizations_need_code`, an organisation without any valid code is rejected. `list_color`
    says which lists its entries may stand on.
    """

    code: str
    title: str
    title_en: str
    order: int
    family: Literal["favourable", "neutral", "adverse"]
    key: tuple[str, ...]
    heading: tuple[str, ...]
    documents: tuple[str, ...]
    about: str
    persons: PersonRule
    fields: tuple[Field, ...]
    organizations_need_code: bool = True
    list_color: Color | None = None

    def field(self, name: str) -> Field | None:
        """Return the field of that name, or None."""
        return self._fields_by_name.get(name)

    @cached_property
    def _fields_by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    def heading_map(self) -> dict[str, Field]:
        """Return folded heading → field, for every spelling of every field."""
        return {fold_heading(h): field for field in self.fields for h in field.headings()}


class CreditList(Struct, frozen=True):
    """A red or black list: who keeps it, by which law, and how long an entry stays public.

    `term_months` counts from `term_start`; without it the source's own end date decides. A
    `reference_only` list is kept in the registry and never shown anywhere.
    """

    code: str
    name: str
    color: Color
    family: str
    authority: str
    basis: str
    aliases: tuple[str, ...] = ()
    term_months: int | None = None
    term_start: str = "decided_on"
    reference_only: bool = False


class Term(Struct, frozen=True):
    """A publicity term: which records it covers, and what it says of them.

    It covers a record when its class, its severity (if given), its kind of subject (if given) and
    its decision day fit, and its conduct is none of `except_conduct`. It says one of: `months`
    after `start`, `open` (no maximum of its own), or `withheld` with a reason. `ends` are the
    fields whose date ends publicity earlier.
    """

    record_class: str = msgspec.field(name="class")
    name: str
    basis: str
    severity: tuple[str, ...] | None = None
    kinds: tuple[SubjectKind, ...] | None = None
    except_conduct: tuple[str, ...] = ()
    decided_from: date | None = None
    decided_to: date | None = None
    start: str = "decided_on"
    months: int | None = None
    open: bool = False
    withheld: str = ""
    ends: tuple[str, ...] = ("ends_on",)


class Sealed(Struct, frozen=True):
    """Which penalties are sealed public-security records, by the words of their legal basis.

    `words` seal; an authority with one of `authority_words` whose basis has none of
    `clear_words` is ambiguous, and withheld.
    """

    classes: tuple[str, ...]
    words: tuple[str, ...]
    authority_words: tuple[str, ...]
    clear_words: tuple[str, ...]


class Catalog(Struct, frozen=True, dict=True):
    """Everything that is policy. `classes` stand in their order of display."""

    classes: tuple[RecordClass, ...]
    lists: tuple[CreditList, ...]
    families: dict[str, str]
    terms: tuple[Term, ...]
    sealed: Sealed
    reasons: dict[str, str]
    regions: dict[str, str]

    @cached_property
    def classes_by_code(self) -> dict[str, RecordClass]:
        """Classes by their code."""
        return {record_class.code: record_class for record_class in self.classes}

    @cached_property
    def lists_by_code(self) -> dict[str, CreditList]:
        """Lists by their code, those for reference only included."""
        return {credit_list.code: credit_list for credit_list in self.lists}

    @cached_property
    def public_lists(self) -> tuple[CreditList, ...]:
        """Lists that may be shown, in the order of the file."""
        return tuple(entry for entry in self.lists if not entry.reference_only)

    def region_name(self, code: str) -> str:
        """Return the name of a region from the longest prefix that has one, or an empty text."""
        for length in (6, 4, 2):
            if len(code) >= length and (name := self.regions.get(code[:length])):
                return name
        return ""
