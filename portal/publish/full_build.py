"""Builds a snapshot from every record of the registry, and a ledger of what was found."""

from portal.errors import GateError
from portal.publish.assembly import Assembly
from portal.publish.changes import event_digests, link_digests
from portal.publish.digests import DigestArray, DigestKey
from portal.publish.judge import Judge, subject_links
from portal.publish.ledger import Ledger
from portal.publish.publication import Publication
from portal.publish.traces import Traces
from portal.publish.verification import verify
from portal.snapshot_writer import SnapshotWriter
from portal.snapshots import Manifest


def build_all(work: Publication) -> Manifest:
    """Build, seal, verify and activate a snapshot of everything; return its manifest.

    Raises GateError when a gate refuses.
    """
    key = DigestKey(work.secrets.ledger)
    with Ledger(work.ledger, anew=True) as ledger:
        links, events = subject_links(work.reader), tuple(work.reader.events())
        judge = Judge(work.reader, work.catalog, links, work.today, events=events)
        raw, traces = work.raw_values(key), Traces(key, DigestArray())
        with SnapshotWriter(work.store.folder, work.id) as writer:
            rows = writer.last_rows()
            assembly = Assembly(work, judge, links, writer, raw, rows=rows)
            for seen, record in enumerate(work.reader.newest_first(), start=1):
                ledger.put(assembly.take(record))
                if seen % 10_000 == 0:
                    work.progress(f"已处理 {seen} 条记录")
            subjects = assembly.finish()
            work.progress(f"共 {subjects} 个主体")
            manifest = work.manifest(assembly.tally, subjects)
            work.refuse_shrink(manifest)
            work.progress("封存快照")
            folder = writer.seal(manifest)
            work.progress("核验快照")
            faults = [*assembly.faults, *verify(folder, raw, traces=traces)]
            if faults:
                raise GateError("快照未通过核验，未予发布：" + "；".join(faults[:5]))
            ledger.put_links(link_digests(links, key))
            ledger.put_events(event_digests(events, key).items())
            ledger.take(raw.known, traces.kept)
            writer.release()
        work.activate(assembly.tombstones)
        work.keep(ledger)
    return manifest
