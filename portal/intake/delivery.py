"""One delivery into the registry: when it came, from which file, what became of its rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from portal.intake.registry_tables import deliveries


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What storing a batch did: records that are new, changed, or known as they are."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "StoreCounts") -> "StoreCounts":
        return StoreCounts(
            self.new + other.new, self.updated + other.updated, self.unchanged + other.unchanged
        )


class Delivery:
    """One delivery in progress, in one transaction; `day` is its day in Asia/Shanghai."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.id = 0
        self.day = date.min

    def open(
        self, digest: str, file_name: str, class_code: str, received_at: datetime, day: date
    ) -> None:
        """Note the arrival of a file; `day` is the delivery day in Asia/Shanghai."""
        result = self.connection.execute(
            insert(deliveries).values(
                digest=digest,
                file_name=file_name,
                class_code=class_code,
                received_at=received_at.isoformat(timespec="seconds"),
                delivered_on=day.isoformat(),
            )
        )
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101  (every backend returns it for an integer key)
        self.id, self.day = key[0], day

    def taken(self, ids: Collection[int]) -> set[int]:
        """Return those of the ids that are of deliveries taken before this one."""
        query = select(deliveries.c.id).where(deliveries.c.id.in_(ids), deliveries.c.id != self.id)
        return set(self.connection.scalars(query))

    def close(self, rows_read: int, counts: StoreCounts, rejected: int, absent: int = 0) -> None:
        """Note the counts of the delivery."""
        self.connection.execute(
            update(deliveries)
            .where(deliveries.c.id == self.id)
            .values(
                rows_read=rows_read,
                rows_new=counts.new,
                rows_updated=counts.updated,
                rows_unchanged=counts.unchanged,
                rows_rejected=rejected,
                rows_absent=absent,
            )
        )
