"""One publish under way: what it works with, and the gates that each way of building ends at."""

import os
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from portal.catalog import digest
from portal.catalog_model import Catalog
from portal.errors import GateError
from portal.intake.registry_reader import RegistryReader
from portal.person_key import fingerprint
from portal.publish.digests import DigestKey
from portal.publish.ledger import Ledger
from portal.publish.ledger_entries import Basis
from portal.publish.raw_values import KnownValues, RawValues
from portal.publish.secrets import Secrets
from portal.publish.tally import Tally
from portal.snapshots import FORMAT, MANIFEST, Manifest, SnapshotStore
from portal.tombstones import write_tombstones

Progress = Callable[[str], None]
_ROOT = Path(__file__).parents[2]
SMALLEST_WATCHED = 100
"""Below so many live records a fall in their number says nothing."""


class _Before(msgspec.Struct):
    published: int


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish works with; `ledger` is the file of the ledger, `id` that of the snapshot."""

    reader: RegistryReader
    catalog: Catalog
    store: SnapshotStore
    secrets: Secrets
    ledger: Path
    now: datetime
    today: date
    accept_shrink: bool
    progress: Progress
    id: str

    def raw_values(
        self,
        key: DigestKey,
        known: KnownValues | None = None,
        on_new: Callable[[str], None] | None = None,
    ) -> RawValues:
        """Return a collection of personal values that knows the fields which hold one."""
        fields = {
            field.name
            for record_class in self.catalog.classes
            for field in record_class.fields
            if field.type in ("id_number", "card_number")
        }
        return RawValues(fields, key=key, known=known, on_new=on_new)

    def basis(self) -> Basis:
        """Return what a ledger of this publish speaks of."""
        return Basis(
            snapshot=self.id,
            day=self.today,
            policy=digest(self.catalog),
            code=code_digest(),
            keys=self.secrets.fingerprint,
        )

    def manifest(
        self, tally: Tally, entities: int, *, base: str = "", remnants: int = 0
    ) -> Manifest:
        """Return the manifest of the counts. Raises GateError when they do not add up."""
        records, withheld = self.reader.count(), sum(tally.withheld.values())
        if records != tally.published + withheld:
            counted = f"登记库 {records} 条，公示 {tally.published} 条，不公示 {withheld} 条"
            raise GateError(f"{counted}，不相符，未予发布")
        return Manifest(
            format=FORMAT,
            id=self.id,
            created_at=self.now,
            day=self.today,
            policy=digest(self.catalog),
            registry_records=records,
            published=tally.published,
            withheld=tally.withheld,
            by_class=tally.by_class,
            entities=entities,
            person_key=fingerprint(self.secrets.persons),
            timeliness=tally.timeliness,
            base=base,
            remnants=remnants,
        )

    def refuse_shrink(self, manifest: Manifest) -> None:
        """Raise GateError when far fewer records would be public than now."""
        live = self.store.current_id()
        if self.accept_shrink or live not in self.store.ids():
            return
        limit = self.catalog.events.shrink_limit
        # Whatever version wrote it: only this number is asked for.
        text = (self.store.path(live) / MANIFEST).read_bytes()
        before = msgspec.json.decode(text, type=_Before).published
        if before >= SMALLEST_WATCHED and manifest.published < (1 - limit) * before:
            raise GateError(
                f"公示记录将由 {before} 条减为 {manifest.published} 条，超过 {limit:.0%}，"
                "未予发布；确认无误可加 --accept-shrink"
            )

    def activate(self, tombstones: Iterable[str]) -> None:
        """Make the released snapshot the live one; no older one shows what is withheld now."""
        write_tombstones(self.store.folder, self.id, tombstones)
        self.store.activate(self.id)

    def keep(self, ledger: Ledger) -> None:
        """Keep the ledger of what has been published; where that fails, it stays published."""
        try:
            ledger.keep(self.basis())
        except (sqlite3.Error, OSError):
            self.progress("发布台账未能写入，下次将完整构建")


def new_id(now: datetime) -> str:
    """Return an id for a snapshot; ids sort by time."""
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}-{os.urandom(3).hex()}"


@cache
def code_digest() -> str:
    """Return the SHA-256 of the program's own source and of the words it comes with."""
    whole = sha256()
    for package in ("portal", "search_index"):
        for path in sorted((_ROOT / package).rglob("*.*")):
            if path.suffix in (".py", ".toml"):
                whole.update(path.read_bytes())
    return whole.hexdigest()
