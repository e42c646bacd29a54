"""The project's own engine, by its public interface."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Self

from benchmarks.city import Subject
from benchmarks.engines.engine import PAGE, Answer, Question
from search_index.build import IndexWriter
from search_index.query import understand
from search_index.search import SearchIndex, SearchResult


class PortalIndex:
    """The portal's index. It counts records and their facets with every answer."""

    def __init__(self, index: SearchIndex, today: date) -> None:
        """Use `open`."""
        self._index, self._today = index, today

    @classmethod
    def build(cls, folder: Path, subjects: Iterable[Subject]) -> None:
        """Write the index."""
        with IndexWriter(folder) as writer:
            for subject in subjects:
                writer.add_name(subject.name)
                for record in subject.records:
                    writer.add_record(record)

    @classmethod
    def open(cls, folder: Path, today: date) -> Self:
        """Open the index."""
        return cls(SearchIndex.open(folder), today)

    def answer(self, question: Question) -> Answer:
        """Answer a question."""
        if question.seek == "suggest":
            rows = self._index.suggest(understand(question.text), self._today, PAGE)
            return Answer(len(rows), rows)
        found = self._index.search(
            understand(question.text),
            question.filters,
            self._today,
            want="record" if question.seek == "records" else "entity",
            sort="newest",
            offset=0,
            limit=PAGE,
        )
        return Answer(
            _total(found, question),
            [hit.row for hit in found.hits],
            found.facets if question.facets else {},
            found.total_exact or question.seek != "records",
        )

    def close(self) -> None:
        """Close the index."""
        self._index.close()


def _total(found: SearchResult, question: Question) -> int:
    match question.seek:
        case "records":
            return found.record_total
        case "code":
            return found.exact_total
        case "misspelt":
            return found.exact_total + found.contains_total + found.similar_total
    return found.exact_total + found.contains_total
