"""Registry → decisions → desensitized records → sealed snapshot → verified → activated.

Every record of the registry is accounted for: `records = published + withheld(reason)`, or nothing
is published. Any failure leaves the live snapshot as it was.
"""

import fcntl
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import msgspec

from portal.catalog_model import Catalog
from portal.errors import GateError
from portal.intake.registry import Registry, RegistryReader
from portal.publish.desensitize import Desensitizer
from portal.publish.entities import EntityDirectory
from portal.publish.identity import PublicIds, SubjectLinks
from portal.publish.persons import protected_kind
from portal.publish.publicity import Withheld, decide
from portal.publish.verification import verify
from portal.records import StoredRecord, SubjectKind
from portal.snapshots import FORMAT, Manifest, SnapshotStore, SnapshotWriter
from search_index.schema import name_documents, record_document
from search_index.text import fold_name

Progress = Callable[[str], None]
REGISTER_CLASS = "code_assignment"
"""The class whose records are the registrar's word on names and codes."""


def publish(
    registry: Registry,
    catalog: Catalog,
    store: SnapshotStore,
    secret: bytes,
    *,
    now: datetime,
    today: date,
    progress: Progress = lambda _: None,
) -> Manifest:
    """Build, seal, verify and activate a snapshot as of `today`; return its manifest.

    Raises GateError when another publish is running, the counts do not add up, or the sealed
    snapshot does not pass verification; it is then removed, and the live one stays.
    """
    store.folder.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(store.folder / ".publish.lock"):
        snapshot_id = f"{now:%Y%m%dT%H%M%S}-{os.urandom(3).hex()}"
        with registry.reading() as reader, SnapshotWriter(store.folder, snapshot_id) as writer:
            build = _Build(reader, catalog, PublicIds(secret), writer, today)
            build.records(progress)
            build.entities(progress)
            manifest = build.manifest(now)
            progress("封存快照")
            folder = writer.seal(manifest)
        progress("核验快照")
        faults = verify(folder)
        if faults:
            _discard(folder)
            raise GateError("快照未通过核验，未予发布：" + "；".join(faults[:5]))
        store.activate(snapshot_id)
    return manifest


class _Build:
    """One snapshot in the making."""

    def __init__(
        self,
        reader: RegistryReader,
        catalog: Catalog,
        ids: PublicIds,
        writer: SnapshotWriter,
        today: date,
    ) -> None:
        self._reader = reader
        self._catalog = catalog
        self._ids = ids
        self._writer = writer
        self._today = today
        self._links = _subject_links(reader)
        self._desensitizer = Desensitizer(catalog)
        self._directory = EntityDirectory()
        self._published: Counter[str] = Counter()
        self._withheld: Counter[str] = Counter()
        self._searchable = {
            c.code: tuple(field.name for field in c.fields if field.searchable)
            for c in catalog.classes
        }

    def records(self, progress: Progress) -> None:
        """Decide, desensitize and write every record, the newest first."""
        for seen, record in enumerate(self._reader.newest_first(), start=1):
            decision = decide(record, self._catalog, self._today)
            if isinstance(decision, Withheld):
                self._withheld[decision.reason] += 1
            else:
                uscc = self._links.credit_code(record.subject)
                entity_id = self._ids.entity(self._entity_key(record))
                published = self._desensitizer.publish(
                    record, decision, self._ids.record(record.key), entity_id, uscc
                )
                entity = self._directory.add(
                    published,
                    uscc,
                    full_name=published.subject_name == record.subject.name,
                    registers=record.class_code == REGISTER_CLASS,
                )
                self._published[record.class_code] += 1
                row = self._published.total()
                record_class = self._catalog.classes_by_code[record.class_code]
                document = record_document(
                    row,
                    entity,
                    published,
                    self._searchable[record.class_code],
                    record_class.documents,
                )
                self._writer.add_record(row, entity, published, document)
            if seen % 10_000 == 0:
                progress(f"已处理 {seen} 条记录")

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
            policy=hashlib.sha256(msgspec.json.encode(self._catalog)).hexdigest(),
            registry_records=records,
            published=published,
            withheld=dict(sorted(self._withheld.items())),
            by_class={c.code: self._published[c.code] for c in self._catalog.classes},
            entities=len(self._directory),
        )


def _subject_links(reader: RegistryReader) -> SubjectLinks:
    def former_codes() -> Iterator[tuple[str, str]]:
        for values in reader.fields_of_class(REGISTER_CLASS):
            for code in values.get("former_codes", "").split("；"):
                if code:
                    yield code, values["uscc"]

    return SubjectLinks(reader.organisation_codes(), former_codes())


def _discard(folder: Path) -> None:
    """Take a refused snapshot out of sight in one step, then delete it."""
    aside = folder.with_name(f".refused-{folder.name}")
    folder.rename(aside)
    shutil.rmtree(aside)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GateError("另一次发布正在进行，请稍后再试") from None
        yield
