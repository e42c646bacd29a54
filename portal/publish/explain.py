"""Why a record is shown or withheld: for the operator, without personal numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from portal.catalog_model import Catalog
from portal.identifiers import fold_document_number
from portal.intake.registry_reader import RecordVersion, RegistryReader
from portal.publish.identity import PublicIds
from portal.publish.judge import Judge, Judgement, subject_links
from portal.publish.publicity import Withheld
from portal.records import StoredRecord


@dataclass(frozen=True, slots=True)
class Explanation:
    """A record, its public id, what was decided on it, and the versions it came in."""

    record: StoredRecord
    public_id: str
    judgement: Judgement
    versions: tuple[RecordVersion, ...]


def explain(
    reader: RegistryReader, catalog: Catalog, ids: PublicIds, asked: str, today: date
) -> Iterator[Explanation]:
    """Yield an explanation of each record with that public id, business key (hex) or number."""
    judge = Judge(reader, catalog, subject_links(reader), today)
    number = fold_document_number(asked)
    for record in reader.newest_first():
        public_id = ids.record(record.key)
        own = record.values.get("document_number", "")
        if asked in (public_id, record.key.hex()) or (own and fold_document_number(own) == number):
            yield Explanation(
                record, public_id, judge.judge(record), tuple(reader.versions_of(record.key))
            )


def describe(explanation: Explanation, catalog: Catalog) -> Iterator[str]:
    """Yield the lines of an explanation."""
    record, judgement = explanation.record, explanation.judgement
    decision = judgement.decision
    title = catalog.classes_by_code[record.class_code].title
    yield f"{title} {record.values.get('document_number', '')}（{record.values['authority']}）"
    yield f"  公开编号 {explanation.public_id}，业务键 {record.key.hex()}"
    if isinstance(decision, Withheld):
        yield f"  不公示：{catalog.reasons.get(decision.reason, decision.reason)}"
    else:
        yield f"  公示 {decision.since} 至 {decision.until}"
        yield f"  规则：{decision.rule}"
        yield f"  依据：{decision.basis}"
    for event in judgement.events:
        kind = next((k.title for k in catalog.events.kinds if k.code == event.kind), event.kind)
        yield f"  事件：{event.effective_on} {kind}"
    for version in explanation.versions:
        yield (
            f"  第 {version.number} 版：{version.delivered_on} 送达，"
            f"第 {version.delivery} 次接收（{version.file_name}）第 {version.line} 行"
        )
