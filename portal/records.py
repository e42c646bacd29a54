"""What travels between the stages, frozen.

SourceRow → ValidRecord → StoredRecord → PublishedRecord, and Rejection for what is refused.

Only `portal.publish.desensitize` builds a PublishedRecord or PublishedEntity; the snapshot and the
index accept nothing else. So whatever reaches a page has passed the one door.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

NO_END = date(9999, 12, 31)
"""The end date of what has no end; written 长期 in sources and on pages."""


class SubjectKind(StrEnum):
    """Who a record is about (行政相对人类别)."""

    ORGANIZATION = "organization"
    HOUSEHOLD = "household"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a source file as it came.

    `line` is the 1-based line (text) or row (sheet) it starts on, or the 1-based element of a JSON
    array; `cells` maps each heading, as written, to its text. `fault` names what is wrong with the
    shape of the row (column count, a line that is no JSON), and is empty for a sound one.
    """

    line: int
    cells: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a record. Raw and private: it never leaves the registry.

    `uscc` and `org_code` are folded and valid or empty; `id_number` is folded, may be one that the
    source masked, and is empty for organisations.
    """

    kind: SubjectKind
    name: str
    uscc: str = ""
    org_code: str = ""
    registration: str = ""
    id_type: str = ""
    id_number: str = ""


@dataclass(frozen=True, slots=True)
class ValidRecord:
    """A row that the catalogue accepts.

    `key` is the 16-byte business key (class, authority, document number, subject); `values` maps
    field names to canonical text: dates `YYYY-MM-DD`, decimals without exponent, codes folded;
    `row_hash` is the SHA-256 of all of them.
    """

    class_code: str
    line: int
    key: bytes
    subject: Subject
    values: Mapping[str, str]
    row_hash: bytes


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was refused: where, which field, and why in words. Never holds a value."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """Something that happened to a published record: repair, withdrawal, objection, … Private.

    `effective_on` is the day of the event, `by_code` and `by_name` the keys of the record it speaks
    of, `class_code` its class or empty, `values` the canonical row, `digest` its SHA-256.
    """

    kind: str
    line: int
    effective_on: date
    class_code: str
    by_code: bytes
    by_name: bytes
    values: Mapping[str, str]
    digest: bytes


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """The current version of a record in the registry, as publishing reads it. Private.

    `by_code` and `by_name` are the keys under which events find it; `absent` tells that the
    source's last whole list no longer had it. `id` is its number in the registry.
    """

    key: bytes
    class_code: str
    subject: Subject
    values: Mapping[str, str]
    delivered_on: date
    version: int
    by_code: bytes = b""
    by_name: bytes = b""
    absent: bool = False
    id: int = 0

    @property
    def state(self) -> int:
        """A number that differs whenever the registry's record differs."""
        return 2 * self.version + self.absent


@dataclass(frozen=True, slots=True)
class EventState:
    """What has happened to a record since its decision, as the events delivered tell it.

    `repaired`, `withdrawn` and `deleted_by_court` end its publicity for good, `shielded` and
    `stayed` (a stay of execution) while they last. `extended_until` is the last day that a court or
    authority moved the end to, `objection_due` the day by which a pending objection is verified.
    """

    repaired: bool = False
    withdrawn: bool = False
    deleted_by_court: bool = False
    shielded: bool = False
    stayed: bool = False
    extended_until: date | None = None
    objection_since: date | None = None
    objection_due: date | None = None
    corrected_on: date | None = None


@dataclass(frozen=True, slots=True)
class EntityName:
    """A name of a subject: `until` is the last day on which a public record still carries it."""

    text: str
    current: bool
    until: date


@dataclass(frozen=True, slots=True)
class PublishedEntity:
    """A subject as the public may see it: its name may be masked, it carries no ID number.

    `public_id` is stable across snapshots and unguessable. `names` holds the current name first,
    then former ones. `codes` are all codes that lead here (credit, organisation and former codes,
    folded). `region` is the six-digit registering region or empty. `searchable` is False where
    not even the exact name may find it (a masked name).
    """

    public_id: str
    kind: SubjectKind
    names: tuple[EntityName, ...]
    uscc: str = ""
    org_code: str = ""
    region: str = ""
    codes: tuple[str, ...] = ()
    searchable: bool = True


@dataclass(frozen=True, slots=True)
class PublishedRecord:
    """A record as the public may see it: desensitized, with its publicity period.

    `entity_id` is the public id of its subject, `subject_name` the name as this record gives it.
    `fields` maps catalogue field names to desensitized canonical text. `public_until` is inclusive
    and NO_END where nothing ends it. `content_hash` is the SHA-256 hex of what is published.
    `flags` note what happened to it: `objection` → the day it is due (empty if unknown),
    `corrected` → the day.
    """

    public_id: str
    class_code: str
    list_code: str
    entity_id: str
    subject_kind: SubjectKind
    subject_name: str
    region: str
    title: str
    document_number: str
    authority: str
    authority_code: str
    decided_on: date | None
    public_from: date
    public_until: date
    rule: str
    basis: str
    status: str
    fields: Mapping[str, str]
    delivered_on: date
    content_hash: str
    flags: Mapping[str, str]
