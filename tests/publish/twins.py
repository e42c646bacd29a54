"""Two sites published from one registry: one takes over what has not changed, one builds all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from portal import tables
from portal.catalog_model import Catalog
from portal.errors import NotFoundError
from portal.intake.ingest import Whole, ingest_file
from portal.intake.registry import Registry
from portal.lookup import Lookup
from portal.person_key import person_key
from portal.publish.pipeline import publish
from portal.publish.secrets import Secrets
from portal.publish.verification import verify
from portal.search_request import parse_search
from portal.snapshots import Manifest, SnapshotStore
from portal.tombstones import read_tombstones
from tests import world

SECRETS = Secrets(b"i" * 32, b"p" * 32)
OWN = {"id", "created_at", "files", "base", "remnants", "seal"}
"""In these two manifests with the same answers differ."""

NAMES = ("澄州市蓝穗食品有限公司", "澄州市青禾机械股份有限公司", "澄州市云帆置业有限公司")
PERSON, NUMBER = "佟晓岚", world.id_number(3)
QUERIES = (
    *NAMES, PERSON, "澄州市", "食品", "罚款", "标签", "烟花爆竹", "青禾老厂", "澄市监罚〔2026〕1号",
    "澄市监罚〔2026〕2号", *(world.uscc(n) for n in (1, 2, 3, 4)), world.uscc(1)[8:17],
)  # fmt: skip
CLASSES = ("penalty", "permit", "black_list", "red_list", "code_assignment")


@dataclass
class Twins:
    """A registry in a folder, and the sites published from it; `said` is what publishing told."""

    folder: Path
    catalog: Catalog
    registry: Registry
    today: date = world.TODAY
    said: list[str] = field(default_factory=list)

    def store(self, name: str = "delta") -> SnapshotStore:
        return SnapshotStore(self.folder / name)

    def ledger(self, name: str = "delta") -> Path:
        return self.folder / f"{name}.ledger"

    def now(self) -> datetime:
        return datetime.combine(self.today, world.NOW.timetz())

    def ingest(self, rows: Sequence[world.Row], *, whole: bool = False) -> None:
        ingest_file(
            world.write_csv(self.folder / "delivery.csv", rows),
            self.catalog,
            self.registry,
            self.folder / "rejections",
            now=self.now(),
            whole=Whole(1.0, accept_shrink=True) if whole else None,
        )

    def publish(self, name: str = "delta", *, full: bool = False) -> Manifest:
        return publish(
            self.registry,
            self.catalog,
            self.store(name),
            SECRETS,
            self.ledger(name),
            now=self.now(),
            today=self.today,
            accept_shrink=True,
            full=full,
            progress=self.said.append,
        )

    def differences(self) -> list[str]:
        """Publish both sites; return the questions that they answer otherwise."""
        one = self.answers(self.publish("delta"), "delta")
        other = self.answers(self.publish("full", full=True), "full")
        asked = one.keys() | other.keys()
        return sorted(q for q in asked if one.get(q) != other.get(q))

    def answers(self, manifest: Manifest, name: str = "delta") -> dict[str, Any]:
        """Return what a site answers to every question, now and later."""
        store = self.store(name)
        assert verify(store.path(manifest.id)) == []
        own = msgspec.structs.asdict(manifest)
        found = {f"manifest: {key}": value for key, value in own.items() if key not in OWN}
        found["tombstones"] = read_tombstones(store.folder).ids
        snapshot = store.open(manifest.id)
        try:
            with snapshot.connect() as connection:
                entities = connection.scalars(select(tables.entities.c.public_id)).all()
                records = connection.scalars(select(tables.records.c.public_id)).all()
            for day in (self.today, self.today + timedelta(days=100)):
                lookup = Lookup(snapshot, self.catalog, day)
                found |= {f"{day}: {q}": a for q, a in _lists(lookup)}
                found |= {f"{day}: {q}": a for q, a in _searches(lookup, self.catalog)}
                found |= {f"{day}: {e}": _answer(lookup.entity, e) for e in entities}
                found |= {f"{day}: {r}": _answer(lookup.record, r) for r in records}
        finally:
            snapshot.close()
        return found


def _lists(lookup: Lookup) -> Iterator[tuple[str, Any]]:
    yield "counts", lookup.counts_by_class()
    yield "entities", lookup.entity_count()
    yield "lists", lookup.lists()
    yield "newest", lookup.newest(10)
    key = person_key(SECRETS.persons, PERSON, NUMBER)
    assert key is not None
    yield "person", lookup.records_of_person(key)
    for number in (1, 2, 3, 4):
        yield f"code {number}", lookup.by_code(world.uscc(number))


def _searches(lookup: Lookup, catalog: Catalog) -> Iterator[tuple[str, Any]]:
    asked = [{"q": q} for q in QUERIES] + [{"q": "澄州市", "sort": s} for s in ("newest", "oldest")]
    asked += [{"class": code} for code in CLASSES]
    for query in asked:
        request = parse_search({name: [text] for name, text in query.items()}, catalog)
        yield str(query), lookup.search(request)


def _answer(ask: Callable[[str], object], public_id: str) -> object:
    try:
        return ask(public_id)
    except NotFoundError:
        return None
