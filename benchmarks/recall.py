"""Whether the right company is found by what people call it, among all names of a file.

Every name has one record without text that is public. Nothing is timed.
"""

import csv
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.city import TODAY, read_names
from portal.records import SubjectKind
from search_index.answers import Hit
from search_index.build import IndexWriter
from search_index.query import Filters, understand
from search_index.schema import NameDocument, RecordDocument
from search_index.search import SearchIndex
from search_index.text import fold_name

FIRST = 10
"""So many results are looked at."""

_SAME = "是"
_REPORTED = ("exact_name", "former_name", "contains")


def report(names: Path, queries: Path | None, pairs: Path | None) -> None:
    """Print, for whatever of the two is given, how often the right company was found."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        _write(base, enumerate(read_names(names), start=1))
        if queries is not None:
            for line in short_names(base, names, _rows(queries)):
                print(line)
        if pairs is not None:
            for line in same_or_not(base, names, _rows(pairs), Path(folder)):
                print(line)


def short_names(base: Path, names: Path, queries: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield recall by class of queries, each of which means the company of a credit code."""
    wanted = {query["uscc"] for query in queries}
    rows = defaultdict(set)
    count = 0
    for count, (_, code) in enumerate(read_names(names), start=1):
        if code in wanted:
            rows[code].add(count)
    places: dict[str, list[int]] = defaultdict(list)
    with _opened(base) as index:
        for query in queries:
            hits = [hit.row for hit in _hits(index, query["query"])]
            place = next((n for n, row in enumerate(hits, 1) if row in rows[query["uscc"]]), 0)
            places[query["class"]].append(place)
    every = [place for found in places.values() for place in found]
    absent = sum(query["uscc"] not in rows for query in queries)
    yield f"{len(queries)} queries over {count:,} names ({absent} of no company in the file)"
    yield f"{'class':14}{'queries':>8}{'@1':>8}{'@10':>8}"
    for name, found in (*sorted(places.items()), ("all", every)):
        first, ten = (sum(0 < place <= most for place in found) for most in (1, FIRST))
        yield f"{name:14}{len(found):8}{first / len(found):8.3f}{ten / len(found):8.3f}"


def same_or_not(
    base: Path, names: Path, pairs: Sequence[Mapping[str, str]], folder: Path
) -> Iterator[str]:
    """Yield how often the second name of a pair is found by the first, with it alone added.

    Of the same company it should be among the FIRST; of another it must not be called a hit.
    """
    known = _rows_of({fold_name(pair["公司2"]) for pair in pairs}, names)
    counts: dict[bool, int] = defaultdict(int)
    found: dict[bool, int] = defaultdict(int)
    for number, pair in enumerate(pairs):
        same = pair["是否是同一家公司"] == _SAME
        rows, place = known.get(fold_name(pair["公司2"]), set()), base
        if not rows:
            rows, place = {_ADDED}, folder / f"pair{number}"
            _write(place, [(_ADDED, (pair["公司2"], ""))], base)
        with _opened(place) as index:
            hits = [hit for hit in _hits(index, pair["公司1"]) if hit.row in rows]
        counts[same] += 1
        found[same] += bool(hits) if same else any(hit.match in _REPORTED for hit in hits)
    yield f"same company: {found[True]} of {counts[True]} among the first {FIRST}"
    yield f"other company: {found[False]} of {counts[False]} reported as exact or containing"


_ADDED = 2**31 - 1


def _rows_of(folded: set[str], names: Path) -> Mapping[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for row, (name, _) in enumerate(read_names(names), start=1):
        if fold_name(name) in folded:
            found[fold_name(name)].add(row)
    return found


def _write(
    folder: Path, named: Iterable[tuple[int, tuple[str, str]]], base: Path | None = None
) -> None:
    until, kind = TODAY + timedelta(days=1), SubjectKind.ORGANIZATION
    with IndexWriter(folder, base=base) as writer:
        for row, (name, code) in named:
            codes = (code,) if code else ()
            writer.add_name(NameDocument(row, name, kind, True, until, codes, f"e{row}", 1))
            writer.add_record(
                RecordDocument(
                    row, row, "permit", "", "", "", kind, (), TODAY, until, (), f"r{row}"
                )
            )


@contextmanager
def _opened(folder: Path) -> Iterator[SearchIndex]:
    index = SearchIndex.open(folder)
    try:
        yield index
    finally:
        index.close()


def _hits(index: SearchIndex, text: str) -> Sequence[Hit]:
    terms = understand(text)
    found = index.search(
        terms, Filters(), TODAY, want="entity", sort="newest", offset=0, limit=FIRST
    )
    return found.hits


def _rows(path: Path) -> Sequence[Mapping[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))
