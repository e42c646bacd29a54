"""Registry → decisions → desensitized records → sealed snapshot → verified → activated.

Every record of the registry is accounted for: `records = published + withheld(reason)`, or nothing
is published. Any failure leaves the live snapshot as it was.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from portal.catalog import digest
from portal.catalog_model import Catalog
from portal.errors import GateError
from portal.intake.registry import Registry
from portal.intake.registry_reader import RegistryReader
from portal.person_key import fingerprint, person_key
from portal.publish.desensitize import Desensitizer
from portal.publish.entities import EntityDirectory
from portal.publish.identity import PublicIds
from portal.publish.judge import REGISTER_CLASS, Judge, flags_of, subject_links
from portal.publish.name_leak import name_leak
from portal.publish.persons import protected_kind
from portal.publish.publicity import Public, Withheld
from portal.publish.raw_values import RawValues
from portal.publish.timeliness import TimelinessCounter
from portal.publish.verification import verify
from portal.records import EventState, StoredRecord, SubjectKind
from portal.snapshot_writer import SnapshotWriter
from portal.snapshots import FORMAT, Manifest, SnapshotStore, read_manifest
from portal.tombstones import write_tombstones
from search_index.schema import name_documents, record_document
from search_index.text import fold_name

Progress = Callable[[str], None]
PASSING = frozenset({"expired", "not_started"})
"""Reasons that a day decides; all others are tombstones for older snapshots."""

SMALLEST_WATCHED = 100
"""Below so many live records a fall in their number says nothing."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of the public ids and of the check of natural persons."""

    public_ids: bytes
    persons: bytes


def publish(
    registry: Registry,
    catalog: Catalog,
    store: SnapshotStore,
    secrets: Secrets,
    *,
    now: datetime,
    today: date,
    accept_shrink: bool = False,
    progress: Progress = lambda _: None,
) -> Manifest:
    """Build, seal, verify and activate a snapshot as of `today`; return its manifest.

    Raises GateError when another publish is running, the counts do not add up, far fewer records
    would be public than now (unless `accept_shrink`), or the sealed snapshot does not pass
    verification; nothing of it then stays, and the live one is untouched.
    """
    with store.exclusive():
        store.delete_leftovers()
        snapshot_id = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}-{os.urandom(3).hex()}"
        with registry.reading() as reader, SnapshotWriter(store.folder, snapshot_id) as writer:
            build = _Build(reader, catalog, secrets, writer, today)
            build.records(progress)
            build.entities(progress)
            manifest = build.manifest(now)
            if not accept_shrink:
                _refuse_shrink(store, manifest, catalog.events.shrink_limit)
            progress("封存快照")
            folder = writer.seal(manifest)
            progress("核验快照")
            faults = [*build.faults, *verify(folder, build.raw)]
            if faults:
                raise GateError("快照未通过核验，未予发布：" + "；".join(faults[:5]))
            writer.release()
        write_tombstones(store.folder, snapshot_id, build.tombstones)
        store.activate(snapshot_id)
    return manifest


def _refuse_shrink(store: SnapshotStore, manifest: Manifest, limit: float) -> None:
    live = store.current_id()
    if live not in store.ids():
        return
    before = read_manifest(store.path(live)).published
    if before >= SMALLEST_WATCHED and manifest.published < (1 - limit) * before:
        raise GateError(
            f"公示记录将由 {before} 条减为 {manifest.published} 条，超过 {limit:.0%}，未予发布；"
            "确认无误可加 --accept-shrink"
        )


class _Build:
    """One snapshot in the making."""

    def __init__(
        self,
        reader: RegistryReader,
        catalog: Catalog,
        secrets: Secrets,
        writer: SnapshotWriter,
        today: date,
    ) -> None:
        self._reader = reader
        self._catalog = catalog
        self._ids = PublicIds(secrets.public_ids)
        self._person_secret = secrets.persons
        self._writer = writer
        self._links = subject_links(reader)
        self._judge = Judge(reader, catalog, self._links, today)
        self._today = today
        self._desensitizer = Desensitizer(catalog)
        self._directory = EntityDirectory()
        self._published: Counter[str] = Counter()
        self._withheld: Counter[str] = Counter()
        self._timeliness = TimelinessCounter(catalog)
        self._searchable = {
            c.code: tuple(field.name for field in c.fields if field.searchable)
            for c in catalog.classes
        }
        self.tombstones: list[str] = []
        self.raw = RawValues(
            {
                field.name
                for record_class in catalog.classes
                for field in record_class.fields
                if field.type in ("id_number", "card_number")
            }
        )
        self.faults: list[str] = []

    def records(self, progress: Progress) -> None:
        """Decide, desensitize and write every record, the newest first."""
        for seen, record in enumerate(self._reader.newest_first(), start=1):
            self.raw.add(record)
            judgement = self._judge.judge(record)
            if isinstance(judgement.decision, Withheld):
                self._withhold(record, judgement.decision.reason)
            else:
                self._publish(record, judgement.decision, judgement.state)
            if seen % 10_000 == 0:
                progress(f"已处理 {seen} 条记录")

    def _withhold(self, record: StoredRecord, reason: str) -> None:
        self._withheld[reason] += 1
        if reason not in PASSING:
            self.tombstones.append(self._ids.record(record.key))

    def _publish(self, record: StoredRecord, decision: Public, state: EventState) -> None:
        uscc = self._links.credit_code(record.subject)
        entity_id = self._ids.entity(self._entity_key(record))
        published = self._desensitizer.publish(
            record, decision, self._ids.record(record.key), entity_id, uscc, flags=flags_of(state)
        )
        leak = name_leak(record, published)
        if leak is not None:
            self.faults.append(f"记录 {published.public_id} 的 {leak} 中有应当遮盖的姓名")
        entity = self._directory.add(
            published,
            uscc,
            full_name=published.subject_name == record.subject.name,
            registers=record.class_code == REGISTER_CLASS,
        )
        verdict = self._timeliness.verdict(record)
        if verdict is not None:
            self._timeliness.add(verdict)
        self._published[record.class_code] += 1
        row = self._published.total()
        documents = self._catalog.classes_by_code[record.class_code].documents
        searchable = self._searchable[record.class_code]
        document = record_document(row, entity, published, searchable, documents)
        self._writer.add_record(row, entity, published, document)
        if published.subject_kind is SubjectKind.PERSON:
            subject = record.subject
            key = person_key(self._person_secret, subject.name, subject.id_number)
            if key is not None:
                self._writer.add_person_key(key, row)

    def _entity_key(self, record: StoredRecord) -> bytes:
        key = self._links.entity_key(record)
        kind = protected_kind(record.subject, record.values.get("representative", ""))
        rule = self._catalog.classes_by_code[record.class_code].persons
        if kind is SubjectKind.PERSON and rule.name == "surname":
            # On one page with a record that shows the whole name, the mask would be no mask.
            return key + b"|surname"
        return key

    def entities(self, progress: Progress) -> None:
        """Write the subjects, and their names to the index, short names first."""
        names = []
        for row, entity in self._directory.entities():
            self._writer.add_entity(row, entity)
            names.extend(name_documents(row, entity))
        names.sort(key=lambda document: (len(fold_name(document.name)), document.name))
        for document in names:
            self._writer.add_name(document)
        progress(f"共 {len(self._directory)} 个主体")

    def manifest(self, now: datetime) -> Manifest:
        """Return the counts of the snapshot. Raises GateError when they do not add up."""
        records = self._reader.count()
        published, withheld = self._published.total(), self._withheld.total()
        if records != published + withheld:
            counted = f"登记库 {records} 条，公示 {published} 条，不公示 {withheld} 条"
            raise GateError(f"{counted}，不相符，未予发布")
        return Manifest(
            format=FORMAT,
            id=self._writer.id,
            created_at=now,
            day=self._today,
            policy=digest(self._catalog),
            registry_records=records,
            published=published,
            withheld=dict(sorted(self._withheld.items())),
            by_class={c.code: self._published[c.code] for c in self._catalog.classes},
            entities=len(self._directory),
            person_key=fingerprint(self._person_secret),
            timeliness={
                entry.authority: (entry.in_time, entry.late, entry.unknown)
                for entry in self._timeliness.result()
            },
        )
