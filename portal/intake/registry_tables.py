"""Tables of the private registry."""

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()


class Bytes(LargeBinary):
    """Bytes as they are: every driver takes them, and wrapping each one is a third of writing."""

    def bind_processor(self, _: Dialect) -> None:
        """Return nothing: a value needs no change."""


deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("class_code", String(40), nullable=False),
    Column("received_at", String(32), nullable=False),
    Column("delivered_on", String(10), nullable=False),
    Column("rows_read", Integer),
    Column("rows_new", Integer),
    Column("rows_updated", Integer),
    Column("rows_unchanged", Integer),
    Column("rows_rejected", Integer),
    Column("rows_absent", Integer),
)

records = Table(
    "records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Bytes(16), nullable=False, unique=True),
    Column("class_code", String(40), nullable=False),
    # Which version counts today. The versions themselves are never changed.
    Column("current", Integer, nullable=False),
    Column("decided_on", String(10), nullable=False),
    # Under these an event finds its record: number with the subject's code, or with its name.
    Column("by_code", Bytes(16), nullable=False, index=True),
    Column("by_name", Bytes(16), nullable=False, index=True),
    Column("scope", Bytes(16), nullable=False),
    # The credit code of the current version: which codes lead to which subject is asked of all.
    Column("uscc", String(18), nullable=False, server_default="", index=True),
    # The delivery of a whole list that no longer had it; empty again once it is back.
    Column("absent_since", Integer, ForeignKey("deliveries.id")),
    Index("records_newest_first", "decided_on", "key"),
)

versions = Table(
    "versions",
    metadata,
    Column("record_id", Integer, ForeignKey("records.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("delivery_id", Integer, ForeignKey("deliveries.id"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("row_hash", Bytes(32), nullable=False),
    Column("subject_kind", String(12), nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("uscc", String(18), nullable=False),
    Column("org_code", String(9), nullable=False),
    Column("registration", String(15), nullable=False),
    Column("id_type", Text, nullable=False),
    Column("id_number", Text, nullable=False),
    Column("fields", Bytes, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", Bytes(32), nullable=False, unique=True),
    Column("delivery_id", Integer, ForeignKey("deliveries.id"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("effective_on", String(10), nullable=False),
    Column("class_code", String(40), nullable=False),
    Column("by_code", Bytes(16), nullable=False),
    Column("by_name", Bytes(16), nullable=False),
    Column("fields", Bytes, nullable=False),
    # Of an event that a state delivered with a record stands for: that record.
    Column("record_id", Integer, ForeignKey("records.id"), index=True),
    # The delivery after which its record was there; empty while it waits for one.
    Column("matched_in", Integer, ForeignKey("deliveries.id"), index=True),
)

# Rows of the delivery in progress that are placed once all others are; empty between deliveries.
# No temporary table: what is personal must not reach another file than the registry.
late_rows = Table(
    "late_rows",
    metadata,
    Column("key", Bytes(16), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("identified", Boolean, nullable=False),
    Column("row_hash", Bytes(32), nullable=False),
    # The record that it may be a new version of, as an earlier delivery spelt it.
    Column("claim", Integer, index=True),
    Column("row", Bytes, nullable=False),
)

is_current = (versions.c.record_id == records.c.id) & (versions.c.number == records.c.current)
"""Joins a record to the version of it that counts today."""
