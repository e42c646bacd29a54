import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from whoosh.filedb.filestore import RamStorage
from whoosh.index import FileIndex
from whoosh.matching import ReadTooFar
from whoosh.query import And, Every, Not, NullQuery, Or, Query, Term

from portal.errors import SnapshotError
from search_index import schema
from search_index.bitmap_cache import BitmapCache
from search_index.codec import (
    FEW,
    MAGIC,
    VERSION,
    BitmapCodec,
    BitmapMatcher,
    Postings,
    decode_postings,
    encode_all,
    encode_postings,
    numbers_of,
)
from search_index.executor import IndexView
from search_index.query import DayRange
from search_index.search import SearchIndex
from search_index.storage import MappedStorage
from tests.search_index.oracle import Library
from tests.search_index.samples import (
    authorities,
    codes_of_classes,
    codes_of_lists,
    days,
    grams,
    libraries,
    name,
    record,
    regions,
    uscc,
    write,
)

documents = st.lists(st.integers(0, 2**20), unique=True, max_size=40).map(sorted)
gram_terms = st.text("甲乙后公司1.a", min_size=2, max_size=2)
leaves = (
    st.builds(Term, st.just(schema.GRAMS), gram_terms)
    | st.builds(Term, st.just(schema.CLASS), codes_of_classes)
    | st.builds(Term, st.just(schema.LIST), codes_of_lists)
    | st.builds(Term, st.just(schema.AUTHORITY), authorities)
    | st.builds(Term, st.just(schema.REGION), regions)
    | st.builds(Term, st.just(schema.KIND), st.sampled_from(["person", "organization"]))
    | st.builds(DayRange, st.just(schema.DECIDED), st.none() | days, st.none() | days)
    | st.builds(Every)
    | st.just(NullQuery)
)
trees: st.SearchStrategy[Query] = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(And)
        | st.lists(inner, min_size=1, max_size=3).map(Or)
        | inner.map(Not)
    ),
    max_leaves=6,
)


@given(documents)
def test_a_block_gives_back_its_documents(numbers: list[int]) -> None:
    block = encode_postings(np.array(numbers, dtype=np.uint32))
    assert list(decode_postings(block)) == numbers


@given(st.lists(st.lists(st.integers(0, 2**20), min_size=1, max_size=80, unique=True), max_size=9))
def test_blocks_made_together_are_those_made_one_by_one(listed: list[list[int]]) -> None:
    arrays = [np.array(sorted(numbers), dtype=np.uint32) for numbers in listed]
    starts = np.cumsum([0, *map(len, arrays)])
    documents = np.concatenate([*arrays, np.empty(0, dtype=np.uint32)])
    blocks, sizes = encode_all(Postings([b""] * len(arrays), starts, documents))
    assert blocks == b"".join(map(encode_postings, arrays))
    assert sizes.tolist() == [len(encode_postings(numbers)) for numbers in arrays]


def test_rare_terms_take_no_bitmap() -> None:
    few, many = (np.arange(n, dtype=np.uint32) * 9 for n in (FEW - 1, FEW))
    assert len(encode_postings(few)) == len(MAGIC) + 2 + 4 * (FEW - 1)
    assert BitMap.deserialize(encode_postings(many)[len(MAGIC) + 2 :]) == BitMap(many.tolist())


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (MAGIC + bytes([VERSION + 1]) + b"A", f"格式版本为 {VERSION + 1}.*只能读取版本 {VERSION}"),
        (b"W3Bl\x01A", "没有应有的标记"),
        (b"", "没有应有的标记"),
        (MAGIC + bytes([VERSION]) + b"?", "形式不明"),
        (MAGIC + bytes([VERSION]) + b"A\x01\x02", "无法读取"),
        (MAGIC + bytes([VERSION]) + b"R\x01\x02", "无法读取"),
    ],
)
def test_a_block_of_another_kind_is_refused(block: bytes, message: str) -> None:
    with pytest.raises(SnapshotError, match=message):
        decode_postings(block)


@settings(max_examples=100, deadline=None)
@given(libraries(), st.lists(trees, min_size=1, max_size=6))
def test_plain_whoosh_finds_what_the_executor_finds(library: Library, queries: list[Query]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(library, Path(folder) / "index")
        view = IndexView(Path(folder) / "index", schema.RECORDS)
        storage = MappedStorage(Path(folder) / "index")
        searcher = FileIndex(storage, indexname=schema.RECORDS).searcher()
        for query in queries:
            assert list(view.evaluate(query)) == sorted(set(searcher.docs_for_query(query)))
        searcher.close()
        view.close()


def test_plain_whoosh_reads_the_columns(tmp_path: Path) -> None:
    library = Library([name(7, "甲乙公司")], [record(3, 7, texts=("甲，乙", "丙"))])
    write(library, tmp_path / "index")
    index = FileIndex(MappedStorage(tmp_path / "index"), indexname=schema.RECORDS)
    with index.reader() as reader:
        assert list(reader.column_reader(schema.ENTITY)) == [7]
        assert list(reader.column_reader(schema.TEXT)) == ["甲乙\n丙".encode()]
        assert reader.doc_frequency(schema.GRAMS, "甲乙") == 1
        assert [t for f, t in reader.all_terms() if f == schema.GRAMS] == ["甲乙".encode()]


@given(st.lists(st.text("甲乙丙", max_size=5), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_whoosh_own_writer_writes_the_same_postings(texts: list[str]) -> None:
    index = RamStorage().create_index(schema.names_schema())
    writer = index.writer(codec=BitmapCodec(), compound=False)
    for text in texts:
        writer.add_document(grams=sorted(grams(text)), kind=["person"])
    writer.commit(merge=False)
    expected: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        for gram in grams(text):
            expected.setdefault(gram, []).append(number)
    with index.searcher() as searcher:
        reader = searcher.reader()
        assert set(reader.lexicon(schema.GRAMS)) == {term.encode() for term in expected}
        for term, numbers in expected.items():
            assert list(searcher.docs_for_query(Term(schema.GRAMS, term))) == numbers
            assert reader.doc_frequency(schema.GRAMS, term) == len(numbers)
        assert len(searcher.search(Term(schema.KIND, "person"), limit=2)) == len(texts)


def test_bulk_term_info_is_whoosh_own(tmp_path: Path) -> None:
    records = [record(n, 1, texts=("甲乙",)) for n in range(1, 20)]
    write(Library([name(1, "某")], records), tmp_path / "index", 50)
    index = FileIndex(MappedStorage(tmp_path / "index"), indexname=schema.RECORDS)
    with index.reader() as reader:
        info = reader.term_info(schema.GRAMS, "甲乙")
    assert (info.doc_frequency(), info.weight(), info.max_weight()) == (19, 19, 1)
    assert (info.min_id(), info.max_id()) == (0, 18)


def test_a_matcher_steps_skips_and_copies() -> None:
    matcher = BitmapMatcher([2, 5, 9, 12])
    matcher.skip_to(4)
    copy = matcher.copy()
    assert (matcher.id(), matcher.value(), matcher.weight()) == (5, b"", 1.0)
    matcher.skip_to(5)
    assert matcher.id() == 5
    matcher.next()
    assert (matcher.id(), copy.id()) == (9, 5)
    matcher.skip_to(13)
    assert not matcher.is_active()
    with pytest.raises(ReadTooFar):
        matcher.skip_to(14)


def test_an_unknown_query_is_a_mistake(tmp_path: Path) -> None:
    from whoosh.query import Prefix

    write(Library([], []), tmp_path / "index")
    view = IndexView(tmp_path / "index", schema.NAMES)
    with pytest.raises(TypeError, match="Prefix"):
        view.evaluate(Prefix(schema.EXACT, "甲"))
    view.close()


def other_version(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(MAGIC)] = VERSION + 1
    path.write_bytes(bytes(content))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("pattern", "harm", "message"),
    [
        ("records_*.pst", other_version, f"格式版本为 {VERSION + 1}.*请重新生成快照"),
        ("names_*.pst", other_version, f"格式版本为 {VERSION + 1}.*请重新生成快照"),
        ("records_*.pst", cut, "不完整"),
        ("records_*.pst", empty, "没有应有的标记"),
        ("names_*.trm", cut, "缺失、损坏"),
        ("names_*.trm", empty, "缺失、损坏"),
        ("records_*.until.col", cut, "长度不符"),
        ("records_*.text.col", cut, "文本列"),
        ("names_*.text.col", empty, "文本列"),
        ("names_*.name_characters.col", cut, "名称列"),
        ("names_*.plain_characters.col", empty, "名称列"),
        ("names_*.row.col", Path.unlink, "缺失、损坏"),
        ("_records_*.toc", cut, "缺失、损坏"),
        ("_names_*.toc", Path.unlink, "缺失、损坏"),
        ("_records_*.toc", Path.unlink, "缺失、损坏"),
    ],
)
def test_a_damaged_index_is_refused(
    tmp_path: Path, pattern: str, harm: Callable[[Path], Any], message: str
) -> None:
    folder = tmp_path / "index"
    write(Library([name(1, "甲乙公司", codes=(uscc(1),))], [record(1, 1, texts=("丙丁",))]), folder)
    SearchIndex.open(folder).close()
    (path,) = folder.glob(pattern)
    harm(path)
    with pytest.raises(SnapshotError, match=message):
        SearchIndex.open(folder)


def mapped(folder: Path) -> bool:
    return str(folder) in Path("/proc/self/maps").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells")
def test_a_closed_index_holds_no_file(tmp_path: Path) -> None:
    write(Library([name(1, "甲乙公司")], [record(1, 1, texts=("丙丁",))]), tmp_path / "index")
    index = SearchIndex.open(tmp_path / "index")
    assert mapped(tmp_path)
    index.close()
    assert not mapped(tmp_path)


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    write(Library([], []), tmp_path / "index")
    index = SearchIndex.open(tmp_path / "index")
    index.close()
    index.close()


def test_the_cache_keeps_what_was_used_last_within_its_bound() -> None:
    reads: list[str] = []
    cache = BitmapCache(max_bytes=1000)

    def get(term: str) -> BitMap:
        def read() -> BitMap:
            reads.append(term)
            return BitMap(numbers_of(BitMap([len(reads)])))

        return cache.get(("f", term.encode()), read)

    for term in "abcd":
        get(term)
    get("a")
    get("e")
    get("a")
    assert reads == ["a", "b", "c", "d", "e"]
    get("b")
    assert reads[-1] == "b"
    assert len(cache) == 4
    big = BitmapCache(max_bytes=10)
    assert big.get(("f", b"x"), lambda: BitMap([1])) == BitMap([1])
    assert len(big) == 0
