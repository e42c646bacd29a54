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
from portal.names import bare, is_organisation_like, is_person_like, may_be_person
from portal.publish.masks import mask_id, mask_name
from portal.publish.own_names import OwnNames
from portal.publish.persons import protected_kind
from portal.publish.publicity import Public
from portal.publish.scrub import scrub, scrub_number
from portal.records import PublishedRecord, StoredRecord, SubjectKind

_SEPARATOR = "；"
_OTHER_CODES = frozenset(
    {"registration_number", "tax_number", "institution_number", "social_number"}
)
_CODES = _OTHER_CODES | {"uscc", "org_code"}
_UNITS = frozenset({"registrar_kind", "source_unit", "basis_unit"})
"""Fields that name a kind of organisation or an authority: a bare personal name there is a slip."""

_SHORT_NAME = 2


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
        """Return the public form of a record.

        `uscc` is the credit code under which its organisation is known. It may come from a record
        that is not public: only a code that the record itself carries gives it a region.
        The content hash covers everything shown, so that two records that look the same to the
        public have the same hash, and none depends on what is hidden.
        """
        record_class = self._catalog.classes_by_code[record.class_code]
        shape = _Shape(record, record_class)
        fields = shape.fields()
        title = next((fields[n] for n in record_class.heading if n in fields), record_class.title)
        list_code = record.values.get("list_code", "")
        if list_code:
            title = self._catalog.lists_by_code[list_code].name
        shown_code = uscc and fields.get("uscc", "")
        return PublishedRecord(
            public_id=record_id,
            class_code=record.class_code,
            list_code=list_code,
            entity_id=entity_id,
            subject_kind=shape.kind,
            subject_name=shape.name,
            region=identifiers.region_of(shown_code) if shown_code else "",
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


class _Shape:
    """What one record shows, field by field."""

    def __init__(self, record: StoredRecord, record_class: RecordClass) -> None:
        subject = record.subject
        owner = record.values.get("representative", "")
        self._record = record
        self._class = record_class
        self.kind = protected_kind(subject, owner)
        self._person = self.kind is SubjectKind.PERSON
        if self._person and record_class.persons.name == "surname":
            self.name = mask_name(subject.name)
        else:
            self.name = scrub_number(subject.name)
        if self._person:
            self._own = OwnNames((subject.name, owner))
        elif self.kind is SubjectKind.HOUSEHOLD:
            hidden = () if is_organisation_like(owner) else (owner,)
            self._own = OwnNames(hidden, kept=(subject.name,))
        else:
            self._own = OwnNames(())

    def fields(self) -> dict[str, str]:
        """Return field name → what it shows, for every field that shows something."""
        shown: dict[str, str] = {}
        for field in self._class.fields:
            value = self._record.values.get(field.name, "")
            if field.name == "subject_name":
                shown[field.name] = self.name
            elif value and (text := self._shown(field, value)):
                shown[field.name] = text
        if not self._person:
            for code in ("uscc", "org_code"):
                value = getattr(self._record.subject, code)
                if value and self._class.field(code):
                    shown[code] = value
        return shown

    def _shown(self, field: Field, value: str) -> str:
        """Return what one field shows, or an empty text."""
        if self._person and (not field.persons or field.name in _CODES):
            return ""
        if self.kind is SubjectKind.HOUSEHOLD and field.name in _OTHER_CODES:
            return ""
        match field.disclosure:
            case "never" | "match_only":
                return ""
            case "masked":
                return mask_id(self._record.subject.id_number, self._record.subject.id_type)
            case "representative":
                return scrub_number(value) if self.kind is SubjectKind.ORGANIZATION else ""
            case "public":
                return self._public_text(field, value)

    def _public_text(self, field: Field, value: str) -> str:
        match field.type:
            case "text" | "list":
                return self._free_text(field, value)
            case "document_number" | "name":
                return scrub_number(self._own.hide(value))
            case "authority":
                return scrub_number(self._authority(value))
            case "code" | "code_list":
                parts = (self._code(field, part) for part in value.split(_SEPARATOR))
                return _SEPARATOR.join(part for part in parts if part)
            case _:
                return value

    def _free_text(self, field: Field, value: str) -> str:
        if field.name == "former_names":
            names = value.split(_SEPARATOR)
            value = _SEPARATOR.join(name for name in names if not self._is_person(name))
        if field.name in _UNITS and is_person_like(value):
            return mask_name(value)
        kept = () if self._person else (self._record.subject.name,)
        return scrub(self._own.hide(value), subject_names=kept)

    def _is_person(self, name: str) -> bool:
        """Tell whether a former name is a person's: of a household in doubt, as its present one."""
        household = self.kind is SubjectKind.HOUSEHOLD
        return may_be_person(name) if household else is_person_like(name)

    def _authority(self, value: str) -> str:
        """Return an authority without the subject's name; two characters can be part of a place."""
        name = bare(self._record.subject.name)
        if len(name) <= _SHORT_NAME and is_organisation_like(value):
            return value
        return self._own.hide(value)

    def _code(self, field: Field, value: str) -> str:
        """Return a code that is what its field says and cannot be an ID number, or nothing.

        Codes of kinds that have no check rule keep all but the personal numbers in them.
        """
        registration = identifiers.is_registration_number(value)
        old_id = identifiers.is_old_id_number(value)
        if field.name == "registration_number":
            return value if registration and not old_id else ""
        if field.type == "code":
            return mask_id(value) if old_id else scrub_number(self._own.hide(value))
        if old_id:
            return ""
        known = identifiers.is_uscc(value)
        if self.kind is not SubjectKind.HOUSEHOLD:
            known = known or registration or identifiers.is_org_code(value)
            known = known or scrub_number(value) == value
        return value if known else ""


def _content_hash(
    class_code: str, list_code: str, fields: Mapping[str, str], decision: Public
) -> str:
    content = (class_code, list_code, sorted(fields.items()), decision.until.isoformat())
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
