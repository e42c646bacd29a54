"""Whoosh codec that keeps the postings of a field as roaring bitmaps.

For fields whose format only says *present* (`formats.Existence`), each term's postings are one
block: magic, version, shape, then either a serialized roaring bitmap or, for rare terms, the bare
document numbers. Everything else is Whoosh's own W3 codec, and ordinary Whoosh queries work.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from whoosh.codec.whoosh3 import (
    W3Codec,
    W3FieldWriter,
    W3PostingsWriter,
    W3TermInfo,
    W3TermsReader,
)
from whoosh.formats import Existence
from whoosh.matching import ListMatcher, ReadTooFar

from portal.errors import SnapshotError
from search_index.term_table import TermTableWriter

MAGIC = b"CLPb"
VERSION = 3
"""Goes up whenever what is written changes: blocks, fields, columns, or how text is folded."""

FEW = 32
"""Below so many documents bare numbers are about as short as a bitmap, and made at once."""

_HEADER_LENGTH = len(MAGIC) + 2
_TRAILER = b"CLPend"
_WRITTEN_AT_ONCE = 1 << 16
"""Terms."""

_BARE, _ROARING = b"A", b"R"
_BARE_START = MAGIC + bytes([VERSION]) + _BARE
_ROARING_START = MAGIC + bytes([VERSION]) + _ROARING

_TERM_INFO = np.dtype(
    [
        ("flags", "u1"), ("weight", ">f4"), ("documents", ">u4"), ("shortest", "u1"),
        ("longest", "u1"), ("most", ">f4"), ("first", ">u4"), ("last", ">u4"),
        ("place", ">u8"), ("size", ">i4"),
    ]
)  # fmt: skip
"""Whoosh's term info with an extent."""

DocumentNumbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Postings:
    """Terms in UTF-8, ascending, and the documents of all of them one behind the other.

    Those of `terms[n]`, ascending, are `documents[starts[n]:starts[n + 1]]`; none has none.
    """

    terms: Sequence[bytes]
    starts: npt.NDArray[np.int64]
    documents: DocumentNumbers

    def __len__(self) -> int:
        return len(self.terms)

    def part(self, first: int, last: int) -> "Postings":
        """Return the terms from one place up to another."""
        starts = self.starts[first : last + 1]
        documents = self.documents[int(starts[0]) : int(starts[-1])]
        return Postings(self.terms[first:last], starts - starts[0], documents)


def bitmap_of(numbers: npt.NDArray[Any]) -> BitMap:
    """Return the bitmap of an array of document numbers."""
    # pyroaring reads an array.array at once, a numpy array number by number.
    return BitMap(array("I", numbers.astype(np.uint32, copy=False).tobytes()))


def numbers_of(bitmap: BitMap) -> DocumentNumbers:
    """Return the document numbers of a bitmap, ascending."""
    return np.frombuffer(bitmap.to_array(), dtype=np.uint32)


def encode_postings(numbers: DocumentNumbers) -> bytes:
    """Return the block for the ascending, distinct document numbers of one term."""
    if len(numbers) < FEW:
        return _BARE_START + numbers.astype("<u4", copy=False).tobytes()
    return _ROARING_START + bitmap_of(numbers).serialize()


def encode_all(postings: Postings) -> tuple[bytes, npt.NDArray[np.int64]]:
    """Return the blocks of all terms one behind the other, and the size of each."""
    starts, documents = postings.starts, postings.documents
    counts = np.diff(starts)
    few = counts < FEW
    sizes = _HEADER_LENGTH + 4 * counts
    roaring = {}
    for number in np.flatnonzero(~few).tolist():
        block = encode_postings(documents[starts[number] : starts[number + 1]])
        roaring[number], sizes[number] = block, len(block)
    places = np.cumsum(sizes) - sizes
    blocks = np.empty(int(sizes.sum()), dtype=np.uint8)
    header = np.frombuffer(_BARE_START, dtype=np.uint8)
    blocks[places[few, None] + np.arange(_HEADER_LENGTH)] = header
    # Where the number of each document of a rare term begins.
    ahead = np.repeat(places + _HEADER_LENGTH - 4 * starts[:-1], counts)
    rare = np.flatnonzero(np.repeat(few, counts))
    begins = ahead[rare] + 4 * rare
    bare = documents[rare].astype("<u4").view(np.uint8).reshape(-1, 4)
    blocks[begins[:, None] + np.arange(4)] = bare
    for number, block in roaring.items():
        place = int(places[number])
        blocks[place : place + len(block)] = np.frombuffer(block, dtype=np.uint8)
    return blocks.tobytes(), sizes


def decode_postings(block: bytes) -> BitMap:
    """Return the documents of a block.

    Raises SnapshotError when it is of another version, or no such block at all.
    """
    check_header(block)
    shape, body = block[_HEADER_LENGTH - 1 : _HEADER_LENGTH], block[_HEADER_LENGTH:]
    try:
        if shape == _BARE:
            return bitmap_of(np.frombuffer(body, dtype="<u4"))
        if shape == _ROARING:
            return BitMap.deserialize(body)
    except ValueError as error:
        raise SnapshotError("检索索引已损坏：倒排表无法读取，请重新生成快照。") from error
    raise SnapshotError("检索索引已损坏：倒排表的形式不明，请重新生成快照。")


def check_header(block: bytes) -> None:
    """Refuse a block that this version cannot read. Raises SnapshotError."""
    if not block.startswith(MAGIC) or len(block) < _HEADER_LENGTH:
        raise SnapshotError("检索索引已损坏：倒排文件没有应有的标记，请重新生成快照。")
    version = block[len(MAGIC)]
    if version != VERSION:
        raise SnapshotError(
            f"检索索引的格式版本为 {version}，本程序只能读取版本 {VERSION}，请重新生成快照。"
        )


def check_postings_file(postings_file: Any, size: int) -> None:
    """Refuse a postings file of `size` bytes that is cut off or of another version.

    Raises SnapshotError.
    """
    check_header(postings_file.get(0, min(size, _HEADER_LENGTH)))
    start = max(size - len(_TRAILER), 0)
    if postings_file.get(start, size - start) != _TRAILER:
        raise SnapshotError("检索索引已损坏：倒排文件不完整，请重新生成快照。")


class BitmapMatcher(ListMatcher):  # type: ignore[misc]  # whoosh is untyped
    """Steps through a bitmap's documents the way Whoosh queries ask for them."""

    _i: int

    def skip_to(self, id: int) -> None:
        """Go to the first document at or after `id`; raises ReadTooFar at the end."""
        if not self.is_active():
            raise ReadTooFar
        self._i = bisect_left(self._ids, id, self._i)

    def value(self) -> bytes:
        """Return the posting's value: a present term has none."""
        return b""

    def copy(self) -> Self:
        """Return a matcher at the same place."""
        return self.__class__(
            self._ids,
            format=self._format,
            scorer=self._scorer,
            position=self._i,
            term=self._term,
            terminfo=self._terminfo,
        )


class BitmapPostingsWriter(W3PostingsWriter):  # type: ignore[misc]  # whoosh is untyped
    """Collects one term's documents and writes them as one block."""

    def start_postings(self, format_: Any, terminfo: W3TermInfo) -> None:
        """Begin a term."""
        super().start_postings(format_, terminfo)
        self._present: array[int] | None = array("I") if isinstance(format_, Existence) else None

    def add_posting(
        self, id_: int, weight: float, vbytes: bytes, length: int | None = None
    ) -> None:
        """Add a document to the term."""
        if self._present is None:
            super().add_posting(id_, weight, vbytes, length)
        else:
            self._present.append(id_)

    def finish_postings(self) -> W3TermInfo:
        """End the term; returns where its postings are."""
        if self._present is None:
            return super().finish_postings()
        self._terminfo = None
        numbers = self._present
        block = encode_postings(np.frombuffer(numbers, dtype=np.uint32))
        count = len(numbers)
        info = W3TermInfo(count, count, maxweight=1.0, minid=numbers[0], maxid=numbers[-1])
        info.set_extent(self._postfile.tell(), len(block))
        self._postfile.write(block)
        return info


class BitmapFieldWriter(W3FieldWriter):  # type: ignore[misc]  # whoosh is untyped
    """Writes a segment's terms; `add_terms` takes terms with all their documents at once."""

    def __init__(self, codec: Any, storage: Any, segment: Any) -> None:
        super().__init__(codec, storage, segment)
        terms_file = self.__dict__["_tindex"].dbfile
        terms_file.seek(0)
        self._tindex: TermTableWriter = TermTableWriter(terms_file)
        self._tindex.extras["fieldmap"] = self._fieldmap

    def add_terms(self, postings: Postings) -> None:
        """Write terms of the started field; they come in ascending order of bytes."""
        field = self._fieldid.to_bytes(2, "big")
        for first in range(0, len(postings), _WRITTEN_AT_ONCE):
            part = postings.part(first, min(first + _WRITTEN_AT_ONCE, len(postings)))
            blocks, sizes = encode_all(part)
            # The bytes of W3TermInfos, made directly: a build writes millions.
            infos = np.zeros(len(part), dtype=_TERM_INFO)
            infos["weight"] = infos["documents"] = np.diff(part.starts)
            infos["most"] = 1
            infos["first"] = part.documents[part.starts[:-1]]
            infos["last"] = part.documents[part.starts[1:] - 1]
            infos["place"] = self._postfile.tell() + np.cumsum(sizes) - sizes
            infos["size"] = sizes
            self._tindex.add_all(field, part.terms, infos.tobytes())
            self._postfile.write(blocks)

    def close(self) -> None:
        """Finish the files."""
        # An index without terms still says what it is.
        if self._postfile.tell() == 0:
            self._postfile.write(_BARE_START)
        self._postfile.write(_TRAILER)
        super().close()


class BitmapTermsReader(W3TermsReader):  # type: ignore[misc]  # whoosh is untyped
    """Reads a segment's terms; `bitmap` gives a term's documents as they are stored."""

    def bitmap(self, fieldname: str, term: bytes) -> BitMap:
        """Return the documents that have a term, none if the term is unknown.

        Raises SnapshotError when the block cannot be read.
        """
        info = self.find(fieldname, term)
        return BitMap() if info is None else read_block(self._postfile, info)

    def files(self) -> tuple[Any, Any]:
        """Return the files of terms and of postings."""
        return self._dbfile, self._postfile

    def find(self, fieldname: str, term: bytes) -> W3TermInfo | None:
        """Return how often a term occurs and where its documents are, None if it is unknown."""
        for data in self._tindex.all(self._keycoder(fieldname, term)):
            return W3TermInfo.from_bytes(data)
        return None

    def read(self, info: W3TermInfo) -> BitMap:
        """Return the documents of a term that was found. Raises SnapshotError."""
        return read_block(self._postfile, info)

    def terms_of(self, fieldname: str) -> list[bytes]:
        """Return all terms of a field, ascending."""
        return [term for term, _ in self.postings_of(fieldname)]

    def postings_of(self, fieldname: str) -> Iterator[tuple[bytes, W3TermInfo]]:
        """Yield all terms of a field, ascending, with where their documents are."""
        if fieldname not in self._fieldmap:
            return
        for (name, term), info in self.items_from(fieldname, b""):
            if name != fieldname:
                break
            yield term, info


def read_block(postings_file: Any, terminfo: W3TermInfo) -> BitMap:
    """Return the documents that a term info points to. Raises SnapshotError as decoding does."""
    offset, length = terminfo.extent()
    if isinstance(length, tuple):  # Whoosh 2.7.4 forgets to unpack it
        length = length[0]
    return decode_postings(postings_file.get(offset, length))


class BitmapCodec(W3Codec):  # type: ignore[misc]  # whoosh is untyped
    """Whoosh's W3 codec with bitmaps for the postings of present-or-not fields."""

    def field_writer(self, storage: Any, segment: Any) -> BitmapFieldWriter:
        """Return the writer of a segment's terms."""
        return BitmapFieldWriter(self, storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> BitmapTermsReader:
        """Return the reader of a segment's terms. Raises SnapshotError for another version."""
        terms_name = segment.make_filename(self.TERMS_EXT)
        postings_name = segment.make_filename(self.POSTS_EXT)
        postings_file = storage.open_file(postings_name)
        check_postings_file(postings_file, storage.file_length(postings_name))
        return BitmapTermsReader(
            self, storage.open_file(terms_name), storage.file_length(terms_name), postings_file
        )

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> W3PostingsWriter:
        """Return the writer of one field's postings."""
        if byteids:
            return super().postings_writer(dbfile, byteids=byteids)
        return BitmapPostingsWriter(dbfile, blocklimit=self._blocklimit)

    def postings_reader(
        self, dbfile: Any, terminfo: W3TermInfo, format_: Any, term: Any = None, scorer: Any = None
    ) -> Any:
        """Return a matcher over one term's postings."""
        if not isinstance(format_, Existence):
            return super().postings_reader(dbfile, terminfo, format_, term=term, scorer=scorer)
        numbers = read_block(dbfile, terminfo).to_array()
        return BitmapMatcher(numbers, format=format_, scorer=scorer, term=term, terminfo=terminfo)
