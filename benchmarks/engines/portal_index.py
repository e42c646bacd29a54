"""The project's own engine, by its public interface."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Self

from benchmarks.city import Subject
from benchmarks.engines.engine import PAGE, Answer, Question
from search_index.answers import Subjects
from search_index.build import IndexWriter
from search_index.query import understand
from search_index.search import SearchIndex


class PortalIndex:
    """The portal's index."""

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
        terms = understand(question.text)
        if question.seek != "records":
            subjects = self._index.subjects(terms, question.filters, self._today, PAGE)
            first = [hit.row for hit in subjects.hits[:PAGE]]
            return Answer(_total(subjects, question), first)
        found = self._index.search(
            terms,
            question.filters,
            self._today,
            want="record",
            sort="newest",
            offset=0,
            limit=PAGE,
            facets=question.facets,
        )
        return Answer(
            found.record_total,
            [hit.row for hit in found.hits],
            found.facets if question.facets else {},
            found.total_exact,
        )

    def close(self) -> None:
        """Close the index."""
        self._index.close()


def _total(found: Subjects, question: Question) -> int:
    if question.seek == "code":
        return len(found.exact)
    hits = len(found.exact) + found.contains_total
    return hits + (found.similar_total if question.seek == "misspelt" else 0)
