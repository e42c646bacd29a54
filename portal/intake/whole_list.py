"""A file that is a whole list: what it no longer has is withdrawn, a suspicious one is refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap
from sqlalchemy import select, update

from portal.errors import GateError
from portal.intake.delivery import Delivery
from portal.intake.keys import scope_keys
from portal.intake.registry_tables import records
from portal.records import ValidRecord

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Whole:
    """How a whole list is taken: a larger loss than `shrink_limit` only if `accept_shrink`."""

    shrink_limit: float
    accept_shrink: bool


class WholeList:
    """Notes for whom a whole list speaks, then marks as absent what it does not have.

    It speaks for the authorities and lists that stand in it, and for no others.
    """

    def __init__(self, delivery: Delivery, last_before: int) -> None:
        """`last_before` is the highest id of a record that was there before the delivery."""
        self._delivery = delivery
        self._last_before = last_before
        self._scopes: set[bytes] = set()

    def note(self, batch: Sequence[ValidRecord]) -> None:
        """Note a batch of records that the list holds."""
        for record in batch:
            self._scopes |= scope_keys(record.class_code, record.values)

    def withdraw_absent(self, found: BitMap, rejected: int, whole: Whole) -> int:
        """Mark the records of these lists that are not among those found; return how many.

        Raises GateError, unless `accept_shrink`, when rows were rejected (their records would be
        withdrawn for a fault of writing), or when more than `shrink_limit` of the known records
        are missing (a truncated file); always when the file holds nothing at all.
        """
        if not self._scopes:
            raise GateError("全量文件没有一条可接收的记录，无法判断是哪一份名单，未接收")
        known = self._known()
        gone = known - found
        if gone and rejected and not whole.accept_shrink:
            raise GateError(
                f"全量文件有 {rejected} 行被退回，无法判断其记录是否仍在名单，"
                f"将误撤 {len(gone)} 条，未接收；确认无误可加 --accept-shrink"
            )
        if len(gone) > whole.shrink_limit * len(known) and not whole.accept_shrink:
            raise GateError(
                f"全量文件缺少登记库 {len(known)} 条中的 {len(gone)} 条，"
                f"超过 {whole.shrink_limit:.0%}，可能不完整，未接收；确认无误可加 --accept-shrink"
            )
        self._mark(list(gone))
        return len(gone)

    def _known(self) -> BitMap:
        connection = self._delivery.connection
        scopes, known = list(self._scopes), BitMap()
        for at in range(0, len(scopes), _AT_ONCE):
            query = select(records.c.id).where(
                records.c.scope.in_(scopes[at : at + _AT_ONCE]),
                records.c.absent_since.is_(None),
                records.c.id <= self._last_before,
            )
            known.update(connection.scalars(query))
        return known

    def _mark(self, ids: Sequence[int]) -> None:
        for at in range(0, len(ids), _AT_ONCE):
            self._delivery.connection.execute(
                update(records)
                .where(records.c.id.in_(ids[at : at + _AT_ONCE]))
                .values(absent_since=self._delivery.id)
            )
