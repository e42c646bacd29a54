"""Puts a snapshot together: decides on records, desensitizes them, gathers their subjects."""

from collections.abc import Mapping

from portal.person_key import person_key
from portal.publish.desensitize import Desensitizer
from portal.publish.digests import DigestKey
from portal.publish.entities import EntityDirectory
from portal.publish.identity import PublicIds, SubjectLinks, codes_of
from portal.publish.judge import REGISTER_CLASS, Judge, flags_of
from portal.publish.ledger_entries import Entry
from portal.publish.name_leak import name_leak
from portal.publish.persons import protected_kind
from portal.publish.publication import Publication
from portal.publish.publicity import Public, Withheld
from portal.publish.raw_values import RawValues
from portal.publish.tally import Tally
from portal.records import EventState, StoredRecord, SubjectKind
from portal.snapshot_writer import SnapshotWriter
from search_index.schema import name_documents, record_document

PASSING = frozenset({"expired", "not_started"})
"""Reasons that a day decides; all others are tombstones for older snapshots."""


class Assembly:
    """Takes records, the newest first and all of each subject, and writes what of them is public.

    `rows` are the last ones that the snapshot's tables have before. `tally` counts what was taken,
    `tombstones` are the public ids of records withheld for good, `faults` what must not be
    published, in words.
    """

    def __init__(
        self,
        work: Publication,
        judge: Judge,
        links: SubjectLinks,
        writer: SnapshotWriter,
        raw: RawValues,
        *,
        rows: Mapping[str, int],
    ) -> None:
        catalog, secrets = work.catalog, work.secrets
        self._judge = judge
        self._links = links
        self._classes = catalog.classes_by_code
        self._ids = PublicIds(secrets.public_ids)
        self._digests = DigestKey(secrets.ledger)
        self._person_secret = secrets.persons
        self._writer = writer
        self._raw = raw
        self._desensitizer = Desensitizer(catalog)
        self._directory = EntityDirectory(rows["entities"] + 1)
        self._row = rows["records"]
        self._searchable = {
            c.code: tuple(field.name for field in c.fields if field.searchable)
            for c in catalog.classes
        }
        self.tally = Tally(catalog)
        self.tombstones: list[str] = []
        self.faults: list[str] = []

    def take(self, record: StoredRecord) -> Entry:
        """Decide on a record, write it if it is public, and return what was found about it."""
        self._raw.add(record)
        judgement = self._judge.judge(record)
        decision, verdict, reason = judgement.decision, None, ""
        if isinstance(decision, Withheld):
            reason = decision.reason
            if reason not in PASSING:
                self.tombstones.append(self._ids.record(record.key))
        else:
            self._publish(record, decision, judgement.state)
            verdict = self.tally.timing.verdict(record)
        self.tally.add(record.class_code, reason, verdict)
        return Entry(
            record=record.id,
            state=record.state,
            subject=self._digests.of(self._links.entity_key(record)),
            codes=tuple(map(self._digests.of, codes_of(record.subject))),
            events=tuple(self._digests.of(event.digest) for event in judgement.events),
            class_code=record.class_code,
            reason=reason,
            changes_on=self._judge.changes_on(record, judgement),
            verdict=verdict,
        )

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
        self._row += 1
        documents = self._classes[record.class_code].documents
        searchable = self._searchable[record.class_code]
        document = record_document(self._row, entity, published, searchable, documents)
        self._writer.add_record(self._row, entity, published, document)
        if published.subject_kind is SubjectKind.PERSON:
            subject = record.subject
            key = person_key(self._person_secret, subject.name, subject.id_number)
            if key is not None:
                self._writer.add_person_key(key, self._row)

    def _entity_key(self, record: StoredRecord) -> bytes:
        key = self._links.entity_key(record)
        kind = protected_kind(record.subject, record.values.get("representative", ""))
        rule = self._classes[record.class_code].persons
        if kind is SubjectKind.PERSON and rule.name == "surname":
            # On one page with a record that shows the whole name, the mask would be no mask.
            return key + b"|surname"
        return key

    def finish(self) -> int:
        """Write the subjects of the records taken, and their names; return their number."""
        for row, entity, records in self._directory.entities():
            self._writer.add_entity(row, entity)
            for document in name_documents(row, entity, records):
                self._writer.add_name(document)
        return len(self._directory)
