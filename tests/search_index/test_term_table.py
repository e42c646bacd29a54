"""What the fast writer writes, Whoosh's own reader finds."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh.filedb.filetables import OrderedHashReader, OrderedHashWriter
from whoosh.filedb.structfile import BufferFile, StructFile

from search_index import term_table
from search_index.term_table import TermTableWriter

entries = st.dictionaries(st.binary(min_size=1, max_size=6), st.binary(max_size=9), max_size=700)


class Kept(BytesIO):
    """A file whose content stays readable after closing."""

    content = b""

    def close(self) -> None:
        self.content = self.getvalue()
        super().close()


def written(kind: type[OrderedHashWriter], entries: dict[bytes, bytes]) -> OrderedHashReader:
    file = Kept()
    writer = kind(StructFile(file))
    for key in sorted(entries):
        writer.add(key, entries[key])
    writer.close()
    return OrderedHashReader(BufferFile(memoryview(file.content)), len(file.content))


@given(entries, st.lists(st.binary(max_size=6), max_size=20))
def test_every_entry_is_found_and_no_other(
    entries: dict[bytes, bytes], others: list[bytes]
) -> None:
    fast, plain = written(TermTableWriter, entries), written(OrderedHashWriter, entries)
    assert list(fast.items()) == list(plain.items()) == sorted(entries.items())
    for key in (*entries, *others):
        assert list(fast.all(key)) == list(plain.all(key))
        assert list(fast.keys_from(key)) == list(plain.keys_from(key))
        assert (key in fast) == (key in entries)


def test_many_entries_are_written_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(term_table, "_PENDING", 7)
    entries = {number.to_bytes(3, "big"): b"x" * (number % 5) for number in range(1, 3000)}
    table = written(TermTableWriter, entries)
    assert dict(table.items()) == entries
    assert all(table[key] == value for key, value in entries.items())


@given(st.sets(st.binary(max_size=6), max_size=300), st.binary(min_size=1, max_size=3))
def test_entries_added_together_are_those_added_one_by_one(
    endings: set[bytes], prefix: bytes
) -> None:
    keys = sorted(endings)
    values = [len(key).to_bytes(3, "big") for key in keys]
    file = Kept()
    writer = TermTableWriter(StructFile(file))
    writer.add_all(prefix, keys, b"".join(values))
    writer.close()
    entries = {prefix + key: value for key, value in zip(keys, values, strict=True)}
    plain = Kept()
    one_by_one = TermTableWriter(StructFile(plain))
    for key, value in entries.items():
        one_by_one.add(key, value)
    one_by_one.close()
    assert file.content == plain.content


def test_keys_ascend() -> None:
    writer = TermTableWriter(StructFile(BytesIO()))
    writer.add(b"b", b"")
    with pytest.raises(ValueError, match="ascend"):
        writer.add(b"a", b"")
    for keys in ([b"a"], [b"b"], [b"d", b"c"]):
        with pytest.raises(ValueError, match="ascend"):
            writer.add_all(b"", keys, b"." * len(keys))
