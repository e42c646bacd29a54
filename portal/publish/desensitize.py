"""The one door to the public: builds PublishedRecord, and nothing else does.

What a natural person's record shows is decided by its class (domain rules, 4), what each field
shows by its disclosure in the catalogue; every free text is scrubbed, every number shaped.
"""

import hashlib
from collections.abc import Mapping
from datetime import date

import msgspec

from portal import identifiers
from portal.catalog_model import Catalog, Field, RecordClass
from portal.publish.masks import mask_id, mask_name
from portal.publish.persons import protected_kind
from portal.publish.publicity import Public
from portal.publish.scrub import scrub, scrub_number
from portal.records import PublishedRecord, StoredRecord, SubjectKind

_SCRUBBED = frozenset({"text", "list"})
_NUMBERED = frozenset({"document_number", "code", "code_list", "name", "authority"})
_CODES = frozenset(
    {"uscc", "org_code", "registration_number", "tax_number", "institution_number", "social_number"}
)


class Desensitizer:
    """Turns decided records into what the public may see."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def publish(
        self,
        record: StoredRecord,
        decision: Public,
        record_id: str,
        entity_id: str,
        uscc: str,
        *,
        flags: Mapping[str, str] | None = None,
    ) -> PublishedRecord:
        """Return the public form of a record; `uscc` is its organisation's credit code, if known.

        The content hash covers everything shown, so that two records that look the same to the
        public have the same hash, and none depends on what is hidden.
        """
        record_class = self._catalog.classes_by_code[record.class_code]
        kind = protected_kind(record.subject, record.values.get("representative", ""))
        name = self._name(record, record_class, kind)
        fields = self._fields(record, record_class, kind, name)
        title = next((fields[n] for n in record_class.heading if n in fields), record_class.title)
        list_code = record.values.get("list_code", "")
        if list_code:
            title = self._catalog.lists_by_code[list_code].name
        codes = kind is not SubjectKind.PERSON
        return PublishedRecord(
            public_id=record_id,
            class_code=record.class_code,
            list_code=list_code,
            entity_id=entity_id,
            subject_kind=kind,
            subject_name=name,
            region=identifiers.region_of(uscc) if uscc and codes else "",
            title=title,
            document_number=fields.get("document_number", ""),
            authority=fields["authority"],
            authority_code=fields.get("authority_code", ""),
            decided_on=date.fromisoformat(record.values["decided_on"]),
            public_from=decision.since,
            public_until=decision.until,
            rule=decision.rule,
            basis=decision.basis,
            status=record.values.get("status", "valid"),
            fields=fields,
            delivered_on=record.delivered_on,
            content_hash=_content_hash(record.class_code, list_code, fields, decision),
            flags=dict(flags or {}),
        )

    def _name(self, record: StoredRecord, record_class: RecordClass, kind: SubjectKind) -> str:
        if kind is SubjectKind.PERSON and record_class.persons.name == "surname":
            return mask_name(record.subject.name)
        return scrub_number(record.subject.name)

    def _fields(
        self, record: StoredRecord, record_class: RecordClass, kind: SubjectKind, name: str
    ) -> dict[str, str]:
        shown: dict[str, str] = {}
        for field in record_class.fields:
            value = record.values.get(field.name, "")
            if field.name == "subject_name":
                shown[field.name] = name
            elif value and (text := _shown(field, value, record, kind)):
                shown[field.name] = text
        if kind is not SubjectKind.PERSON:
            for code in ("uscc", "org_code"):
                value = getattr(record.subject, code)
                if value and record_class.field(code):
                    shown[code] = value
        return shown


def _shown(field: Field, value: str, record: StoredRecord, kind: SubjectKind) -> str:
    """Return what one field shows, or an empty text."""
    person = kind is SubjectKind.PERSON
    if person and (not field.persons or field.name in _CODES):
        return ""
    match field.disclosure:
        case "never" | "match_only":
            return ""
        case "masked":
            return mask_id(record.subject.id_number, record.subject.id_type)
        case "representative":
            return scrub_number(value) if kind is SubjectKind.ORGANIZATION else ""
        case "public":
            return _public_text(field, value, record)


def _public_text(field: Field, value: str, record: StoredRecord) -> str:
    if field.type in _SCRUBBED:
        return scrub(value, subject_names=_shown_names(record))
    if field.type in _NUMBERED:
        return scrub_number(value)
    return value


def _shown_names(record: StoredRecord) -> tuple[str, ...]:
    """Return the names that a text may keep: an organisation's, never a person's."""
    if record.subject.kind is SubjectKind.PERSON:
        return ()
    return (record.subject.name,)


def _content_hash(
    class_code: str, list_code: str, fields: Mapping[str, str], decision: Public
) -> str:
    content = (class_code, list_code, sorted(fields.items()), decision.until.isoformat())
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
