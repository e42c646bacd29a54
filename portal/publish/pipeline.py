"""Registry → decisions → desensitized records → sealed snapshot → verified → activated.

Every record of the registry is accounted for: `records = published + withheld(reason)`, or nothing
is published. Any failure leaves the live snapshot as it was.
"""

import sqlite3
from datetime import date, datetime
from pathlib import Path

from portal.catalog_model import Catalog
from portal.errors import LedgerError
from portal.intake.registry import Registry
from portal.publish.delta import NoDeltaError, build_delta
from portal.publish.full_build import build_all
from portal.publish.publication import Progress, Publication, new_id
from portal.publish.secrets import Secrets
from portal.snapshots import Manifest, SnapshotStore


def publish(
    registry: Registry,
    catalog: Catalog,
    store: SnapshotStore,
    secrets: Secrets,
    ledger: Path,
    *,
    now: datetime,
    today: date,
    accept_shrink: bool = False,
    full: bool = False,
    progress: Progress = lambda _: None,
) -> Manifest:
    """Build, seal, verify and activate a snapshot as of `today`; return its manifest.

    Only what may have changed is judged again where the file `ledger` tells of the live snapshot;
    with `full`, and wherever that cannot be relied on, everything is.
    Raises GateError when another publish is running, the counts do not add up, far fewer records
    would be public than now (unless `accept_shrink`), or the sealed snapshot does not pass
    verification; nothing of it then stays, and the live one is untouched.
    """
    with store.exclusive():
        store.delete_leftovers()
        with registry.reading() as reader:
            work = Publication(
                reader=reader,
                catalog=catalog,
                store=store,
                secrets=secrets,
                ledger=ledger,
                now=now,
                today=today,
                accept_shrink=accept_shrink,
                progress=progress,
                id=new_id(now),
            )
            why = "按要求"
            if not full:
                try:
                    return build_delta(work)
                except NoDeltaError as error:
                    why = str(error)
            progress(f"完整构建：{why}")
            try:
                return build_all(work)
            except sqlite3.Error as error:
                raise LedgerError(f"发布台账 {ledger} 无法写入") from error
