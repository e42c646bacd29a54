"""An index built on another answers as one built from nothing."""

import random
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import SnapshotError
from search_index.base_segments import MOST_SMALL, waste
from search_index.build import IndexWriter
from search_index.query import Filters, understand
from search_index.search import SearchIndex
from tests.search_index.oracle import Library
from tests.search_index.samples import days, filters, libraries, name, questions, record, write

TODAY = date(2026, 3, 3)
pytestmark = pytest.mark.usefixtures("without_similar")


def moved(library: Library, by: int) -> Library:
    """Return the same as other entities and records."""
    return Library(
        [replace(n, row=n.row + by, public_id=f"{n.public_id}-{by}") for n in library.names],
        [
            replace(
                r, row=r.row + by, entity_row=r.entity_row + by, public_id=f"{r.public_id}-{by}"
            )
            for r in library.records
        ],
    )


def without(library: Library, entities: set[int]) -> Library:
    return Library(
        [n for n in library.names if n.row not in entities],
        [r for r in library.records if r.entity_row not in entities],
    )


def add(library: Library, folder: Path, base: Path, gone: set[int], *, purge: bool) -> None:
    with IndexWriter(folder, base=base, purge=purge, segment_documents=40) as writer:
        writer.delete_entities(gone)
        for document in library.names:
            writer.add_name(document)
        for entry in library.records:
            writer.add_record(entry)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(libraries(), st.sets(st.integers(1, 6), max_size=4), st.booleans()),
        min_size=2,
        max_size=4,
    ),
    st.lists(st.tuples(questions, filters | st.just(Filters()), days), min_size=1, max_size=3),
)
def test_changes_on_a_base_answer_as_a_whole_build(
    steps: list[tuple[Library, set[int], bool]], asked: list[tuple[str, Filters, date]]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        library = steps[0][0]
        write(library, folder / "0", 4)
        for number, (change, gone, purge) in enumerate(steps[1:], start=1):
            fresh = moved(change, number * 1000)
            leaving = {row + (number - 1) * 1000 for row in gone}
            kept = without(library, leaving)
            library = Library([*kept.names, *fresh.names], [*kept.records, *fresh.records])
            add(fresh, folder / str(number), folder / str(number - 1), leaving, purge=purge)
        index = SearchIndex.open(folder / str(len(steps) - 1))
        for text, narrowed, today in asked:
            for sort in ("relevance", "newest", "oldest"):
                question = (understand(text), narrowed, today)
                expected = library.search(*question, want="all", sort=sort, offset=1, limit=9)
                assert index.search(*question, want="all", sort=sort, offset=1, limit=9) == expected
        index.close()


def test_kept_segments_are_the_same_files(tmp_path: Path) -> None:
    write(Library([name(1, "甲乙"), name(2, "丙丁")], [record(1, 1), record(2, 2)]), tmp_path / "a")
    add(
        Library([name(3, "戊己")], [record(3, 3)]),
        tmp_path / "b",
        tmp_path / "a",
        set(),
        purge=False,
    )
    for path in (tmp_path / "a").glob("*_000000.*"):
        assert (tmp_path / "b" / path.name).samefile(path)
    assert waste(tmp_path / "b") == 0


def test_what_is_purged_is_in_no_file(tmp_path: Path) -> None:
    texts = [record(row, row, texts=(f"违反第{row}号规定",)) for row in (1, 2, 3)]
    names = [name(1, "甲乙"), name(2, "丙丁"), name(3, "戊己")]
    write(Library(names, texts), tmp_path / "a", 40)
    for folder, purge in (("b", False), ("c", True)):
        add(Library([], []), tmp_path / folder, tmp_path / "a", {2}, purge=purge)
        content = b"".join(path.read_bytes() for path in (tmp_path / folder).iterdir())
        assert ("丙丁".encode() in content, "第2号".encode() in content) == (not purge, not purge)
        assert waste(tmp_path / folder) == (0 if purge else pytest.approx(1 / 3))


def test_small_segments_are_written_together_once_there_are_many(tmp_path: Path) -> None:
    write(Library([name(1, "甲乙")], [record(1, 1)]), tmp_path / "0", 40)
    counts = []
    for step in range(1, 2 * MOST_SMALL):
        fresh = Library([name(step + 1, "甲乙")], [record(step + 1, step + 1)])
        add(fresh, tmp_path / str(step), tmp_path / str(step - 1), set(), purge=False)
        counts.append(len(list((tmp_path / str(step)).glob("records_*.trm"))))
    assert max(counts) == MOST_SMALL
    assert counts[MOST_SMALL - 1] == 1
    index = SearchIndex.open(tmp_path / str(2 * MOST_SMALL - 1))
    assert index.visible_entities(TODAY) == 2 * MOST_SMALL
    index.close()


def test_a_worn_segment_is_written_anew(tmp_path: Path) -> None:
    rows = range(1, 9)
    library = Library([name(row, "甲乙") for row in rows], [record(row, row) for row in rows])
    write(library, tmp_path / "a", 40)
    add(Library([], []), tmp_path / "b", tmp_path / "a", {1, 2, 3, 4, 5}, purge=False)
    assert waste(tmp_path / "b") == 0


def test_a_base_that_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(SnapshotError, match="续建"):
        IndexWriter(tmp_path / "b", base=tmp_path / "a")
    assert not (tmp_path / "b").exists()


def test_order_does_not_depend_on_how_documents_came(tmp_path: Path) -> None:
    records = [record(row, 1, public_id=f"x{row}", decided_on=TODAY) for row in range(1, 30)]
    answers = []
    for number in range(3):
        shuffled = random.Random(number).sample(records, len(records))  # noqa: S311
        write(Library([name(1, "甲乙")], shuffled), tmp_path / str(number), 7 + number)
        index = SearchIndex.open(tmp_path / str(number))
        found = index.search(
            understand(""), Filters(), TODAY, want="all", sort="newest", offset=0, limit=50
        )
        answers.append([hit.row for hit in found.hits])
        index.close()
    assert answers[0] == answers[1] == answers[2]
