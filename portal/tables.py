"""Tables of a snapshot's records database: published columns only."""

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from portal.records import EntityName, PublishedEntity, PublishedRecord, SubjectKind
from search_index.schema import record_order

metadata = MetaData()

entities = Table(
    "entities",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("public_id", String(32), nullable=False, unique=True),
    Column("kind", String(12), nullable=False),
    Column("names", Text, nullable=False),
    Column("uscc", String(18), nullable=False),
    Column("org_code", String(9), nullable=False),
    Column("region", String(6), nullable=False),
    Column("codes", Text, nullable=False),
    Column("searchable", Integer, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("id", Integer, primary_key=True),
    # The order in which records are shown, newest decision first; rows come and go without order.
    # As bytes: of so many long decimal numbers some would look like an ID number or a bank card.
    Column("rank", LargeBinary(8), nullable=False),
    Column("public_id", String(32), nullable=False, unique=True),
    Column("entity", Integer, ForeignKey("entities.id"), nullable=False),
    Column("entity_id", String(32), nullable=False),
    Column("class_code", String(40), nullable=False),
    Column("list_code", String(60), nullable=False),
    Column("subject_kind", String(12), nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Column("title", Text, nullable=False),
    Column("document_number", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("authority_code", String(18), nullable=False),
    Column("decided_on", String(10)),
    Column("public_from", String(10), nullable=False),
    Column("public_until", String(10), nullable=False),
    Column("rule", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("fields", Text, nullable=False),
    Column("flags", Text, nullable=False),
    Column("delivered_on", String(10), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Index("records_of_entity", "entity", "rank"),
    Index("records_of_class", "class_code"),
)

person_keys = Table(
    "person_keys",
    metadata,
    # Keyed digest of a natural person's name and ID number: without the key it says nothing.
    Column("key", LargeBinary(32), nullable=False, index=True),
    Column("record", Integer, ForeignKey("records.id"), nullable=False),
)


def entity_row(row: int, entity: PublishedEntity) -> dict[str, Any]:
    """Return the columns of an entity."""
    names = [(name.text, name.current, name.until.isoformat()) for name in entity.names]
    return {
        "id": row,
        "public_id": entity.public_id,
        "kind": entity.kind.value,
        "names": msgspec.json.encode(names).decode(),
        "uscc": entity.uscc,
        "org_code": entity.org_code,
        "region": entity.region,
        "codes": msgspec.json.encode(entity.codes).decode(),
        "searchable": int(entity.searchable),
    }


def read_entity(row: Any) -> PublishedEntity:
    """Return the entity of a database row."""
    names = msgspec.json.decode(row.names, type=list[tuple[str, bool, date]])
    return PublishedEntity(
        public_id=row.public_id,
        kind=SubjectKind(row.kind),
        names=tuple(EntityName(text, current, until) for text, current, until in names),
        uscc=row.uscc,
        org_code=row.org_code,
        region=row.region,
        codes=msgspec.json.decode(row.codes, type=tuple[str, ...]),
        searchable=bool(row.searchable),
    )


def record_row(row: int, entity: int, record: PublishedRecord) -> dict[str, Any]:
    """Return the columns of a record; `entity` is the database row of its subject."""
    return {
        "id": row,
        "rank": record_order(record.decided_on, record.public_id).to_bytes(8, "big"),
        "public_id": record.public_id,
        "entity": entity,
        "entity_id": record.entity_id,
        "class_code": record.class_code,
        "list_code": record.list_code,
        "subject_kind": record.subject_kind.value,
        "subject_name": record.subject_name,
        "region": record.region,
        "title": record.title,
        "document_number": record.document_number,
        "authority": record.authority,
        "authority_code": record.authority_code,
        "decided_on": record.decided_on.isoformat() if record.decided_on else None,
        "public_from": record.public_from.isoformat(),
        "public_until": record.public_until.isoformat(),
        "rule": record.rule,
        "basis": record.basis,
        "status": record.status,
        "fields": msgspec.json.encode(record.fields).decode(),
        "flags": msgspec.json.encode(record.flags).decode(),
        "delivered_on": record.delivered_on.isoformat(),
        "content_hash": record.content_hash,
    }


def read_record(row: Any) -> PublishedRecord:
    """Return the record of a database row."""
    return PublishedRecord(
        public_id=row.public_id,
        class_code=row.class_code,
        list_code=row.list_code,
        entity_id=row.entity_id,
        subject_kind=SubjectKind(row.subject_kind),
        subject_name=row.subject_name,
        region=row.region,
        title=row.title,
        document_number=row.document_number,
        authority=row.authority,
        authority_code=row.authority_code,
        decided_on=date.fromisoformat(row.decided_on) if row.decided_on else None,
        public_from=date.fromisoformat(row.public_from),
        public_until=date.fromisoformat(row.public_until),
        rule=row.rule,
        basis=row.basis,
        status=row.status,
        fields=msgspec.json.decode(row.fields, type=dict[str, str]),
        flags=msgspec.json.decode(row.flags, type=dict[str, str]),
        delivered_on=date.fromisoformat(row.delivered_on),
        content_hash=row.content_hash,
    )
