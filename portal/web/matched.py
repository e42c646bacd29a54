"""What a result of the interface says of its match: in which field, and where in its text."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.lookup import EntityResult, RecordResult
from portal.matches import Spans, merged
from portal.records import PublishedRecord
from search_index.query import SearchTerms
from search_index.schema import document_term
from search_index.text import spans


@dataclass(frozen=True, slots=True)
class MatchedField:
    """The field that matched (empty where none did), its text, and the (start, end) in it."""

    field: str = ""
    text: str = ""
    spans: Spans = ()


def entity_match(result: EntityResult, terms: SearchTerms) -> MatchedField:
    """Return where a subject matched: its code, its name, or one of its former names."""
    if result.match == "exact_code":
        return _code(result.entity.uscc, terms.code)
    current = result.entity.names[0].text if result.entity.names else ""
    field = "name" if result.matched_name == current else "former_names"
    return MatchedField(field, result.matched_name, result.spans)


def record_match(
    result: RecordResult, terms: SearchTerms, documents: Sequence[str]
) -> MatchedField:
    """Return where a record matched; `documents` are the fields of its class that hold numbers.

    A record that is among the results for its subject's name alone matched in `name`.
    """
    record, excerpt = result.record, result.excerpt
    if result.match == "doc_no":
        return _document(record, terms.document, documents)
    if result.match == "exact_code":
        return _code(record.fields.get("uscc", ""), terms.code)
    if excerpt:
        return MatchedField(excerpt.field, excerpt.text, excerpt.spans)
    found = subject_spans(record.subject_name, terms)
    return MatchedField("name", record.subject_name, found) if found else MatchedField()


def subject_spans(name: str, terms: SearchTerms) -> Spans:
    """Return the (start, end) of the words of a search in the name of a record's subject."""
    words = [word for word in terms.name_words if len(word) > 1]
    return merged(span for word in words for span in spans(name, word))


def _code(uscc: str, asked: str) -> MatchedField:
    start = uscc.find(asked) if asked else -1
    return MatchedField("uscc", uscc, ((start, start + len(asked)),) if start >= 0 else ())


def _document(record: PublishedRecord, asked: str, documents: Sequence[str]) -> MatchedField:
    numbers = {"document_number": record.document_number}
    numbers |= {name: record.fields.get(name, "") for name in documents if name not in numbers}
    for name, number in numbers.items():
        if asked and document_term(number) == asked:
            return MatchedField(name, number, ((0, len(number)),))
    return MatchedField("document_number", record.document_number)
