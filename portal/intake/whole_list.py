"""A file that is a whole list: what it no longer has is withdrawn, a suspicious one is refused."""

from collections.abc import Sequence

from sqlalchemy import Column, LargeBinary, MetaData, Table, func, insert, select, update

from portal.errors import GateError
from portal.intake.delivery import Delivery
from portal.intake.keys import scope_key
from portal.intake.registry_tables import records
from portal.records import ValidRecord

_seen = Table(
    "seen",
    MetaData(),
    Column("key", LargeBinary(16), primary_key=True),
    prefixes=["TEMPORARY"],
)


class WholeList:
    """Notes what a whole list holds, then marks as absent what it does not.

    It speaks for the authorities and lists that stand in it, and for no others.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._scopes: set[bytes] = set()
        _seen.drop(delivery.connection, checkfirst=True)
        _seen.create(delivery.connection)

    def note(self, batch: Sequence[ValidRecord]) -> None:
        """Note a batch of records that the list holds."""
        self._scopes |= {scope_key(record.class_code, record.values) for record in batch}
        keys = [{"key": key} for key in {record.key for record in batch}]
        if keys:
            self._delivery.connection.execute(insert(_seen).prefix_with("OR IGNORE"), keys)

    def withdraw_absent(self, *, rejected: int, shrink_limit: float, accept_shrink: bool) -> int:
        """Mark the records of these lists that the file does not have; return how many.

        Raises GateError, unless `accept_shrink`, when rows were rejected (their records would be
        withdrawn for a fault of writing), or when more than `shrink_limit` of the known records
        are missing (a truncated file); always when the file holds nothing at all.
        """
        if not self._scopes:
            raise GateError("全量文件没有一条可接收的记录，无法判断是哪一份名单，未接收")
        connection = self._delivery.connection
        known = records.c.scope.in_(self._scopes), records.c.absent_since.is_(None)
        missing = (*known, records.c.key.not_in(select(_seen.c.key)))
        total = connection.scalar(select(func.count()).select_from(records).where(*known)) or 0
        gone = connection.scalar(select(func.count()).select_from(records).where(*missing)) or 0
        if gone and rejected and not accept_shrink:
            raise GateError(
                f"全量文件有 {rejected} 行被退回，无法判断其记录是否仍在名单，"
                f"将误撤 {gone} 条，未接收；确认无误可加 --accept-shrink"
            )
        if gone > shrink_limit * total and not accept_shrink:
            raise GateError(
                f"全量文件缺少登记库 {total} 条中的 {gone} 条，超过 {shrink_limit:.0%}，"
                "可能不完整，未接收；确认无误可加 --accept-shrink"
            )
        connection.execute(update(records).where(*missing).values(absent_since=self._delivery.id))
        return gone
