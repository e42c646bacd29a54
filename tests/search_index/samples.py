"""Small invented libraries that meet each other often: few characters, few days."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from portal.identifiers import org_code_check_character, uscc_check_character
from portal.records import SubjectKind
from search_index.build import IndexWriter
from search_index.query import Filters
from search_index.schema import NameDocument, RecordDocument
from search_index.search import SearchIndex
from tests.search_index.oracle import Library

ALPHABET = "甲乙後后公司1.A （"
days = st.sampled_from([date(2026, 3, day) for day in range(1, 7)])
words = (
    st.text("甲乙", min_size=2, max_size=7)
    | st.sampled_from(["甲乙甲", "乙甲乙公司", "甲乙", "公司"])
    | st.text(ALPHABET, min_size=1, max_size=7)
)
regions = st.sampled_from(["", "38", "3801", "380102", "380103", "3902"])
authorities = st.sampled_from(["", "某局", "某厅"])
codes_of_classes = st.sampled_from(["penalty", "permit"])
codes_of_lists = st.sampled_from(["", "red", "black"])
numbers = st.sampled_from(["某罚〔2026〕1号", "某罚[2026]2号", "甲1", ""])


def uscc(number: int) -> str:
    organization = f"{number:08d}"
    first17 = "91380100" + organization + org_code_check_character(organization)
    return first17 + uscc_check_character(first17)


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    names: list[NameDocument] = []
    kinds: dict[int, SubjectKind] = {}
    for row in range(1, draw(st.integers(1, 6)) + 1):
        kinds[row] = draw(st.sampled_from(SubjectKind))
        texts = draw(st.lists(words, max_size=3))
        codes = (uscc(row),) if draw(st.booleans()) else ()
        names += [
            NameDocument(row, text, kinds[row], place == 0, draw(days), codes, f"e{row}", row)
            for place, text in enumerate(texts)
        ]
        if codes and not texts:
            names.append(NameDocument(row, "", kinds[row], True, draw(days), codes, f"e{row}", row))
    records = []
    for row in range(1, draw(st.integers(0, 10)) + 1):
        entity = draw(st.sampled_from(sorted(kinds)))
        records.append(
            RecordDocument(
                row=row + 100,
                entity_row=entity,
                class_code=draw(codes_of_classes),
                list_code=draw(codes_of_lists),
                authority=draw(authorities),
                region=draw(regions),
                kind=kinds[entity],
                documents=(draw(numbers),),
                decided_on=draw(st.none() | days),
                until=draw(days),
                texts=tuple(draw(st.lists(words, max_size=2))),
                public_id=f"r{row}",
            )
        )
    return Library(draw(st.permutations(names)), records)


filters = st.builds(
    Filters,
    class_code=st.just("") | codes_of_classes,
    list_code=codes_of_lists,
    authority=authorities,
    region=regions,
    decided_from=st.none() | days,
    decided_to=st.none() | days,
    kind=st.just("") | st.sampled_from([kind.value for kind in SubjectKind]),
)
questions = (
    st.lists(words, max_size=3).map(" ".join)
    | words.map("“{}”".format)
    | numbers
    | st.integers(1, 7).map(uscc)
    | st.just("")
)


def write(library: Library, folder: Path, segment_documents: int = 3) -> None:
    with IndexWriter(folder, segment_documents=segment_documents) as writer:
        for name in library.names:
            writer.add_name(name)
        for record in library.records:
            writer.add_record(record)


@contextmanager
def opened(library: Library, segment_documents: int = 3) -> Iterator[SearchIndex]:
    with tempfile.TemporaryDirectory() as folder:
        write(library, Path(folder) / "index", segment_documents)
        index = SearchIndex.open(Path(folder) / "index")
        try:
            yield index
        finally:
            index.close()


def record(row: int, entity_row: int, **changes: Any) -> RecordDocument:
    values: dict[str, Any] = {
        "class_code": "penalty",
        "list_code": "",
        "authority": "某局",
        "region": "380102",
        "kind": SubjectKind.ORGANIZATION,
        "documents": (),
        "decided_on": date(2026, 1, 1) - timedelta(days=row),
        "until": date(2026, 12, 31),
        "texts": (),
        "public_id": f"r{row}",
    }
    return RecordDocument(row=row, entity_row=entity_row, **{**values, **changes})


def name(row: int, text: str, **changes: Any) -> NameDocument:
    values: dict[str, Any] = {
        "kind": SubjectKind.ORGANIZATION,
        "current": True,
        "until": date(2026, 12, 31),
        "codes": (),
        "public_id": f"e{row}",
    }
    return NameDocument(row=row, name=text, **{**values, **changes})


def grams(folded: str) -> set[str]:
    """Return all pairs of neighbouring characters of a folded text."""
    return {folded[index : index + 2] for index in range(len(folded) - 1)}
