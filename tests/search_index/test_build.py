from datetime import date
from pathlib import Path

import pytest

from portal.errors import SnapshotError
from portal.records import NO_END, SubjectKind
from search_index import schema
from search_index.build import IndexWriter
from search_index.executor import IndexView
from search_index.search import SearchIndex
from tests.search_index.oracle import Library
from tests.search_index.samples import name, record, write

PERSON = SubjectKind.PERSON


def test_segments_stay_small_and_each_goes_in_order(tmp_path: Path) -> None:
    names = [name(row, "甲" * (9 - row)) for row in range(1, 8)]
    write(Library(names, [record(row, 1) for row in range(1, 8)]), tmp_path / "index", 3)
    assert len(list((tmp_path / "index").glob("records_*.trm"))) == 3
    assert not list((tmp_path / "index").glob("*.seg"))
    view = IndexView(tmp_path / "index", schema.NAMES)
    assert view.column(schema.ROW).tolist() == [3, 2, 1, 6, 5, 4, 7]
    assert [len(view.text(number).decode()) for number in range(7)] == [6, 7, 8, 3, 4, 5, 2]
    assert view.runs == [(0, 3), (3, 6), (6, 7)]
    view.close()


def test_a_person_leaves_no_fragment_and_no_text_in_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(
        Library(
            [name(1, "欧阳小甲", kind=PERSON)],
            [record(1, 1, kind=PERSON, texts=("欧阳小甲违反规定",), until=NO_END)],
        ),
        folder,
    )
    for indexname in (schema.NAMES, schema.RECORDS):
        view = IndexView(folder, indexname)
        assert view.terms(schema.GRAMS) == []
        view.close()
    content = b"".join(path.read_bytes() for path in folder.glob("records_*"))
    assert "违反".encode() not in content
    assert "小甲".encode() not in content


def test_an_exception_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with (
        pytest.raises(RuntimeError, match="stop"),
        IndexWriter(folder, segment_documents=1) as writer,
    ):
        writer.add_record(record(1, 1, texts=("甲乙",)))
        assert list(folder.glob("records_*"))
        raise RuntimeError("stop")
    assert not folder.exists()


def test_a_given_folder_is_emptied_but_stays(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="row"), IndexWriter(tmp_path) as writer:
        writer.add_name(name(-1, "甲乙"))
    assert list(tmp_path.iterdir()) == []


def test_leaving_the_block_commits_once(tmp_path: Path) -> None:
    with IndexWriter(tmp_path) as writer:
        writer.add_name(name(1, "甲乙"))
        writer.commit()
        with pytest.raises(ValueError, match="closed"):
            writer.add_name(name(2, "丙丁"))
    index = SearchIndex.open(tmp_path)
    assert index.visible_entities(date(2026, 1, 1)) == 0
    index.close()


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(SnapshotError, match="不是空的"):
        IndexWriter(tmp_path)
    assert (tmp_path / "file").exists()


@pytest.mark.parametrize("size", [0, 2**20 + 1])
def test_a_segment_has_a_bound(tmp_path: Path, size: int) -> None:
    with pytest.raises(ValueError, match="segment_documents"):
        IndexWriter(tmp_path, segment_documents=size)


@pytest.mark.parametrize("row", [-1, 2**31])
def test_an_impossible_row_is_refused(tmp_path: Path, row: int) -> None:
    with pytest.raises(ValueError, match="row"), IndexWriter(tmp_path) as writer:
        writer.add_record(record(1, row))


def test_odd_texts_are_written(tmp_path: Path) -> None:
    odd = "甲\ud800乙\x00"
    with IndexWriter(tmp_path) as writer:
        writer.add_name(name(1, odd, codes=(odd,)))
        writer.add_record(record(1, 1, texts=(odd,), documents=(odd,), authority=odd, region=odd))
    index = SearchIndex.open(tmp_path)
    assert index.entities_by_code(odd, date(2026, 1, 1)) == (1,)
    index.close()
