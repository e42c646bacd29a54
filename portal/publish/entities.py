"""Gathers the subjects of one snapshot from their published records, and from nothing else.

A name, a code or a former name is public only as far as a public record carries it; and one record
that shows a natural person makes the whole subject one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from portal import identifiers
from portal.records import EntityName, PublishedEntity, PublishedRecord, SubjectKind

_LIST_SEPARATOR = "；"


@dataclass(slots=True)
class _Draft:
    """A subject while its records pass, the newest first."""

    row: int
    public_id: str
    kind: SubjectKind
    searchable: bool
    linked: str = ""
    uscc: str = ""
    org_code: str = ""
    current: str = ""
    authoritative: bool = False
    records: int = 0
    names: dict[str, date] = field(default_factory=dict)
    codes: dict[str, None] = field(default_factory=dict)


class EntityDirectory:
    """Subjects of a snapshot, by their public id; rows count from `first` in their order."""

    def __init__(self, first: int = 1) -> None:
        self._first = first
        self._drafts: dict[str, _Draft] = {}

    def __len__(self) -> int:
        return len(self._drafts)

    def add(self, record: PublishedRecord, uscc: str, *, full_name: bool, registers: bool) -> int:
        """Take what a published record says of its subject and return the subject's row.

        `uscc` is the credit code the subject is known by: where public records carry several, it is
        the one shown. `full_name` tells whether the record shows its whole name, `registers`
        whether the record is the registrar's own: its name then is the current one. Otherwise the
        newest record's name is.
        """
        draft = self._drafts.get(record.entity_id)
        if draft is None:
            draft = _Draft(
                row=self._first + len(self._drafts),
                public_id=record.entity_id,
                kind=record.subject_kind,
                searchable=full_name,
            )
            self._drafts[record.entity_id] = draft
        draft.records += 1
        draft.linked = draft.linked or uscc
        draft.searchable = draft.searchable and full_name
        if record.subject_kind is SubjectKind.PERSON:
            draft.kind = SubjectKind.PERSON
        self._name(draft, record.subject_name, record.public_until)
        if not draft.current or (registers and not draft.authoritative):
            draft.current = record.subject_name
            draft.authoritative = registers
        for former in _parts(record.fields.get("former_names", "")):
            self._name(draft, former, record.public_until)
        if record.subject_kind is not SubjectKind.PERSON:
            self._codes(draft, record)
        return draft.row

    @staticmethod
    def _name(draft: _Draft, name: str, until: date) -> None:
        draft.names[name] = max(until, draft.names.get(name, until))

    @staticmethod
    def _codes(draft: _Draft, record: PublishedRecord) -> None:
        """Take the codes that the record itself carries; `linked` alone may be nobody's to see."""
        uscc = record.fields.get("uscc", "")
        org_code = identifiers.org_code_of(uscc) if uscc else record.fields.get("org_code", "")
        if not draft.uscc or uscc == draft.linked:
            draft.uscc = uscc or draft.uscc
        draft.org_code = draft.org_code or org_code
        own = (uscc, org_code, *_registration(record))
        for code in (*own, *_parts(record.fields.get("former_codes", ""))):
            if code:
                draft.codes[code] = None

    def entities(self) -> Iterator[tuple[int, PublishedEntity, int]]:
        """Yield the row of each subject, its public form and the number of its records."""
        for draft in self._drafts.values():
            others = (name for name in draft.names if name != draft.current)
            names = (draft.current, *others)
            person = draft.kind is SubjectKind.PERSON
            uscc = "" if person else draft.uscc
            yield (
                draft.row,
                PublishedEntity(
                    public_id=draft.public_id,
                    kind=draft.kind,
                    names=tuple(
                        EntityName(name, name == draft.current, draft.names[name]) for name in names
                    ),
                    uscc=uscc,
                    org_code=identifiers.org_code_of(uscc) if uscc or person else draft.org_code,
                    region=identifiers.region_of(uscc),
                    codes=() if person else tuple(draft.codes),
                    searchable=draft.searchable,
                ),
                draft.records,
            )


def _registration(record: PublishedRecord) -> tuple[str, ...]:
    number = identifiers.fold_code(record.fields.get("registration_number", ""))
    return (number,) if identifiers.is_registration_number(number) else ()


def _parts(text: str) -> list[str]:
    return [part for part in text.split(_LIST_SEPARATOR) if part]
