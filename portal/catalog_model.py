"""The types of the catalogue: classes and their fields, lists, publicity terms.

Some field names have a meaning that code relies on; `MEANINGS` lists them.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal

import msgspec

from portal.headings import fold_heading
from portal.measures import Measure
from portal.records import SubjectKind

FieldType = Literal[
    "text", "name", "authority", "document_number", "uscc", "org_code", "code", "code_list", "list",
    "id_number", "card_number", "date", "past_date", "end_date", "money", "status", "subject_kind",
    "list_code",
]  # fmt: skip
Disclosure = Literal["public", "representative", "masked", "match_only", "never"]
Color = Literal["red", "black"]
Severity = Literal["minor", "general", "serious"]
Transition = Literal["shorter", "old", "new"]

MILDEST_FIRST: tuple[Severity, ...] = ("minor", "general", "serious")
"""轻微、一般、严重."""

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
    "procedure": "procedure of a penalty: ordinary or simple",
    "disruption": "conduct of a dishonest judgment debtor",
    "disclosure_basis": "legal basis or consent for showing a natural person",
    "former_names": "earlier names of the organisation",
    "former_codes": "earlier codes of the organisation",
}

_SATURDAY = 6

PERSONAL_FIELDS = frozenset({"id_number", "representative_id"})
"""Fields that hold a natural person's number by their name: of no other type, never public."""

KEY_PARTS = frozenset({"subject", "authority"})
"""Parts of a business key that are no field: who it is about, and who decided (code, else name)."""


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what is read from TOML: frozen, and an unknown key is an error."""


class Field(Struct, frozen=True):
    """One field of a class.

    `codes` are standard codes, `legacy` those of the 2015 generation only, `aliases` further
    headings; where `both_generations`, the codes were those of 2015 already. `values` maps what
    sources write to canonical words (`legacy_values` in files of the 2015 generation). `persons`
    is False for a field that is not shown of a natural person, `unreliable` is True where the
    source's word is only a hint.
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
    both_generations: bool = False
    values: dict[str, str] = {}
    legacy_values: dict[str, str] = {}

    def headings(self) -> tuple[str, ...]:
        """Return every heading that names this field, as written."""
        return (self.name, self.title, *self.codes, *self.legacy, *self.aliases)


class PersonRule(Struct, frozen=True):
    """Whether and how natural persons of a class are shown.

    `show`: never, with_basis (only with a disclosure basis on the record) or always.
    `name`: full, or surname with `**`. Where `consent`, a bare yes of the person is a basis too.
    """

    show: Literal["never", "with_basis", "always"]
    name: Literal["full", "surname"]
    consent: bool = False


class BasisWords(Struct, frozen=True):
    """How the word on a disclosure basis is read: `no` is none, a bare `yes` is a consent only.

    Anything else of at least `shortest` characters names a legal basis; shorter words are none.
    """

    no: tuple[str, ...]
    yes: tuple[str, ...]
    shortest: int


class RecordClass(Struct, frozen=True, dict=True):
    """A class of records: 行政许可, 行政处罚, … `family` is the tone in which pages show it.

    `key` are the parts of the business key, `heading` the fields a record is headed by (first
    non-empty wins), `documents` the fields whose numbers find it exactly. Where
    `organizations_need_code`, an organisation without any valid code is rejected. `list_color`
    says which lists its entries may stand on. `objection` and `repair` say what someone who is
    wrongly, or no longer rightly, on record can do; `repair` is empty where nothing is repaired.
    `validity_field` holds the last day on which what was granted is valid: past it, pages say so.
    `basis` is the legal source of the class's fields.
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
    objection: str = ""
    repair: str = ""
    validity_field: str = ""
    basis: str = ""

    def field(self, name: str) -> Field | None:
        """Return the field of that name, or None."""
        return self._fields_by_name.get(name)

    @cached_property
    def _fields_by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    def heading_map(self) -> dict[str, Field]:
        """Return folded heading → field, for every spelling of every field."""
        return {fold_heading(h): field for field in self.fields for h in field.headings()}


class Wording(Struct, frozen=True):
    """Words looked for in fields of a record; one word in one field is enough.

    Passages that read as one of `ignoring` do not count. Spaces and width never matter.
    """

    fields: tuple[str, ...]
    words: tuple[str, ...]
    ignoring: tuple[str, ...] = ()


class ListVariant(Struct, frozen=True):
    """A shorter term for those entries of a list whose fields say `when`."""

    name: str
    when: Wording
    months: int


class CreditList(Struct, frozen=True):
    """A red or black list: who keeps it, by which law, and how long an entry stays public.

    `entry` and `exit` say in words who is put on it, and who leaves it early and how.
    `term_months` counts from `term_start`; `until_month_day` (`MM-DD`) is a day of the year after
    it; without either the source's own end date decides. The shortest of the `variants` that fit
    an entry replaces a longer term. Where `extendable`, the authority may move the end by up to
    `extension_months`. Without the dates in `needs` it cannot be told, and the record is withheld.
    `source_date` is the day the legal source took effect, `confirmed` is
    False where the number is still to be checked against it. A `reference_only` list is kept in
    the registry and never shown anywhere.
    """

    code: str
    name: str
    color: Color
    family: str
    authority: str
    basis: str
    entry: str = ""
    exit: str = ""
    aliases: tuple[str, ...] = ()
    term_months: int | None = None
    term_start: str = "decided_on"
    until_month_day: str = ""
    variants: tuple[ListVariant, ...] = ()
    extendable: bool = False
    extension_months: int | None = None
    source_date: date | None = None
    confirmed: bool = True
    reference_only: bool = False


class Regime(Struct, frozen=True):
    """A generation of rules for penalties, by the day of the decision (both days inclusive).

    The one without `in_force_to` is the present one.
    """

    code: str
    name: str
    basis: str
    in_force_from: date
    in_force_to: date | None = None


class Term(Struct, frozen=True):
    """A publicity term: which records it covers, and what it says of them.

    It covers a record of its class when its regime applies, its severity and kind of subject (if
    given) fit, the record says `when` and does not say `unless`, and all its penalties are among
    `only_types` (if given). It says one of: `months` after `start` (more for those kinds of
    penalty in `months_by_type`), `until_month_day` (`MM-DD`) of the year after `start`, `open` (no
    maximum of its own), or `withheld` with a reason. `ends` are the fields whose date ends
    publicity earlier. Where `extendable`, a court or authority may move the end by up to
    `extension_months`. Without the dates in `needs` it cannot be told, and the record is withheld.
    `source_date` is the day the legal source took effect, `confirmed` is False
    where the number is still to be checked against it.
    """

    record_class: str = msgspec.field(name="class")
    name: str
    basis: str
    regime: str = ""
    severity: tuple[Severity, ...] | None = None
    kinds: tuple[SubjectKind, ...] | None = None
    when: Wording | None = None
    unless: Wording | None = None
    only_types: tuple[str, ...] = ()
    start: str = "decided_on"
    months: int | None = None
    months_by_type: dict[str, int] = {}
    until_month_day: str = ""
    open: bool = False
    withheld: str = ""
    ends: tuple[str, ...] = ("ends_on",)
    needs: tuple[str, ...] = ()
    extendable: bool = False
    extension_months: int | None = None
    source_date: date | None = None
    confirmed: bool = True


class PenaltyType(Struct, frozen=True):
    """A kind of penalty (行政处罚法 Art. 9): its words, and fields whose content proves it."""

    code: str
    title: str
    words: tuple[str, ...]
    evidence: tuple[str, ...] = ()


class Penalties(Struct, frozen=True, dict=True):
    """How the penalties of a decision are recognised.

    Words of `types` are looked for in `type_fields`; `joiners` are words between them that mean
    nothing. `amount_fields` hold the sums in 万元.
    """

    record_class: str = msgspec.field(name="class")
    type_fields: tuple[str, ...]
    amount_fields: tuple[str, ...]
    joiners: tuple[str, ...]
    types: tuple[PenaltyType, ...]

    @cached_property
    def words(self) -> tuple[tuple[str, str], ...]:
        """Words with the code of their type, the longest first."""
        pairs = [(word, kind.code) for kind in self.types for word in kind.words]
        return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair)))


class SeverityRule(Struct, frozen=True):
    """The severity of a decision whose source gives none; never `serious`.

    It fits when all penalties are among `only_types` (if given) and the sums come to no more than
    `amount_up_to` 万元 (if given). The mildest rule that fits decides.
    """

    record_class: str = msgspec.field(name="class")
    severity: Severity
    name: str
    basis: str
    only_types: tuple[str, ...] = ()
    amount_up_to: Decimal | None = None


class Minimum(Struct, frozen=True):
    """A floor under the months of the terms of some regimes, in domains known by their words.

    It never extends an earlier end that the source itself gives.
    """

    record_class: str = msgspec.field(name="class")
    name: str
    basis: str
    months: int
    where: Wording
    regimes: tuple[str, ...]


class Sealed(Struct, frozen=True):
    """Which penalties are sealed public-security records, by the words of their legal basis.

    `words` in `fields` seal; in `mention_fields` they make a record ambiguous. An authority with
    one of `authority_words` whose basis has none of `clear_words` is ambiguous as well. What is
    ambiguous is withheld.
    """

    classes: tuple[str, ...]
    name: str
    basis: str
    words: tuple[str, ...]
    fields: tuple[str, ...]
    mention_fields: tuple[str, ...]
    authority_fields: tuple[str, ...]
    authority_words: tuple[str, ...]
    clear_words: tuple[str, ...]


class TimelinessRule(Struct, frozen=True):
    """Within how many working days of the decision records of some classes are to be published."""

    classes: tuple[str, ...]
    days: int
    name: str
    basis: str


class CalendarTable(Struct, frozen=True, dict=True):
    """The operator's word on working days, before that of the calendar library.

    In `years` every Monday to Friday works and no week-end does; `days` overrides single days.
    """

    years: tuple[int, ...] = ()
    days: dict[date, bool] = {}

    @cached_property
    def table(self) -> Mapping[date, bool]:
        """Day → whether people work on it, for all days the operator speaks of."""
        known: dict[date, bool] = {}
        for year in self.years:
            first = date(year, 1, 1)
            for number in range((date(year + 1, 1, 1) - first).days):
                day = first + timedelta(days=number)
                known[day] = day.isoweekday() < _SATURDAY
        return known | self.days


class EventKind(Struct, frozen=True):
    """A kind of event and what it does to the record it meets.

    `effect` withhold: not public any more, for `reason`; a decision made after the event is not
    touched where `renewable`. lift: ends the kinds in `lifts`. flag: noted on the record as `flag`.
    extend: its `until` moves the end. `statuses` are the states of a record (as its class maps
    them) that amount to such an event.
    """

    code: str
    title: str
    effect: Literal["withhold", "lift", "flag", "extend"]
    names: tuple[str, ...] = ()
    reason: str = ""
    renewable: bool = True
    lifts: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    flag: Literal["", "objection", "corrected"] = ""


class EventPolicy(Struct, frozen=True):
    """Events: their kinds, how a file of them is read, and the limits around them.

    `objection_days` are working days in which an objection is verified; a whole list that is
    smaller than what is known by more than `shrink_limit` (a share) is refused.
    """

    kinds: tuple[EventKind, ...]
    record: RecordClass
    objection_days: int
    shrink_limit: float

    def kind(self, name: str) -> EventKind | None:
        """Return the kind with that code, title or other name."""
        plain = fold_heading(name)
        for kind in self.kinds:
            if plain in {fold_heading(n) for n in (kind.code, kind.title, *kind.names)}:
                return kind
        return None


class Catalog(Struct, frozen=True, dict=True):
    """Everything that is policy. `classes` stand in their order of display.

    `transition` says which regimes judge a decision made before the present one: that of its day
    (old), the present one (new), or whichever ends it sooner (shorter). `states` maps the state a
    source gives to the reason for which it is not public.
    """

    classes: tuple[RecordClass, ...]
    lists: tuple[CreditList, ...]
    families: dict[str, str]
    transition: Transition
    regimes: tuple[Regime, ...]
    terms: tuple[Term, ...]
    minimums: tuple[Minimum, ...]
    penalties: Penalties
    severity_rules: tuple[SeverityRule, ...]
    sealed: Sealed
    timeliness: TimelinessRule
    states: dict[str, str]
    basis_words: BasisWords
    reasons: dict[str, str]
    calendar: CalendarTable
    regions: dict[str, str]
    events: EventPolicy
    measures: tuple[Measure, ...] = ()

    @cached_property
    def classes_by_code(self) -> dict[str, RecordClass]:
        """Classes by their code."""
        return {record_class.code: record_class for record_class in self.classes}

    @cached_property
    def lists_by_code(self) -> dict[str, CreditList]:
        """Lists by their code, those for reference only included."""
        return {credit_list.code: credit_list for credit_list in self.lists}

    @cached_property
    def terms_by_class(self) -> Mapping[str, tuple[Term, ...]]:
        """The terms of each class that has any."""
        codes = {term.record_class for term in self.terms}
        return {c: tuple(t for t in self.terms if t.record_class == c) for c in codes}

    @cached_property
    def public_lists(self) -> tuple[CreditList, ...]:
        """Lists that may be shown, in the order of the file."""
        return tuple(entry for entry in self.lists if not entry.reference_only)

    def measures_of(self, list_code: str) -> tuple[Measure, ...]:
        """Return what follows from standing on a list: mandatory measures first, then the rest."""
        found = [measure for measure in self.measures if list_code in measure.lists]
        return tuple(sorted(found, key=lambda measure: measure.force != "mandatory"))

    def region_name(self, code: str) -> str:
        """Return the name of a region from the longest prefix that has one, or an empty text."""
        for length in (6, 4, 2):
            if len(code) >= length and (name := self.regions.get(code[:length])):
                return name
        return ""
