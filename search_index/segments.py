"""Write whole Whoosh segments at once, from arrays instead of document by document."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh.codec.whoosh3 import W3Segment

from search_index.codec import BitmapCodec, BitmapFieldWriter, DocumentNumbers
from search_index.schema import GRAMS, TEXT, term_bytes
from search_index.text import SEPARATOR

_CHARACTER_BITS, _DOCUMENT_BITS = 21, 20
MAX_DOCUMENTS = 1 << _DOCUMENT_BITS
"""So many documents fit a segment: a bigram and a document number share 64 bits."""


class SegmentBuffer:
    """The documents of one segment before it is written, in the order of their numbers."""

    def __init__(self) -> None:
        self.count = 0
        self._terms: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._numbers: defaultdict[str, list[int]] = defaultdict(list)
        self._texts: list[str] = []
        self._grammed: list[bool] = []

    def add(
        self,
        terms: Mapping[str, Sequence[str]],
        numbers: Mapping[str, int],
        text: str,
        grams: bool,
    ) -> None:
        """Add a document: its terms by field, its columns, its folded text.

        `grams` tells whether the bigrams of the text are indexed. Every document has the same
        columns. Raises OverflowError when the segment is full.
        """
        if self.count == MAX_DOCUMENTS:
            raise OverflowError("the segment is full")
        for field, values in terms.items():
            for value in dict.fromkeys(values):
                if value:
                    self._terms[field][value].append(self.count)
        for column, number in numbers.items():
            self._numbers[column].append(number)
        self._texts.append(text)
        self._grammed.append(grams)
        self.count += 1

    def write(self, storage: Any, indexname: str, schema: Any, number: int) -> W3Segment:
        """Write the segment's files as the `number`th of an index; returns Whoosh's segment."""
        codec = BitmapCodec()
        segment = W3Segment(codec, indexname, doccount=self.count, segid=f"{number:06d}")
        segment._fieldlengths = {}
        for column, numbers in self._numbers.items():
            with storage.create_file(codec.column_filename(segment, column)) as file:
                file.write(np.array(numbers, dtype=">i4").tobytes())
        with storage.create_file(codec.column_filename(segment, TEXT)) as file:
            write_texts(file, self._texts)
        self._write_terms(codec.field_writer(storage, segment), schema)
        return segment

    def _write_terms(self, writer: BitmapFieldWriter, schema: Any) -> None:
        for field in sorted({*self._terms, GRAMS}):
            writer.start_field(field, schema[field])
            if field == GRAMS:
                texts = [
                    text if grams else ""
                    for text, grams in zip(self._texts, self._grammed, strict=True)
                ]
                for term, documents in gram_postings(texts):
                    writer.add_term(term, documents)
            else:
                postings = self._terms[field]
                for term, listed in sorted((term_bytes(t), d) for t, d in postings.items()):
                    writer.add_term(term, np.array(listed, dtype=np.uint32))
            writer.finish_field()
        writer.close()


def write_texts(file: Any, texts: Sequence[str]) -> None:
    """Write a column of texts as Whoosh's column of variable bytes, with stored offsets."""
    encoded = [text.encode() for text in texts]
    lengths = np.array([len(text) for text in encoded], dtype=np.uint32)
    starts = np.zeros(len(encoded), dtype=np.uint32)
    np.cumsum(lengths[:-1], out=starts[1:], dtype=np.uint32)
    file.write(b"".join(encoded))
    file.write(lengths.astype(">u4").tobytes())
    file.write(starts.astype(">u4").tobytes())
    file.write(b"IIX")


def gram_postings(texts: Sequence[str]) -> Iterator[tuple[bytes, DocumentNumbers]]:
    """Yield each bigram of the texts (UTF-8, ascending) with the numbers of those that have it.

    No bigram crosses the separator, nor from one text to the next.
    """
    keys = _gram_keys(texts)
    if not len(keys):
        return
    documents = (keys & np.uint64(MAX_DOCUMENTS - 1)).astype(np.uint32)
    keys >>= np.uint64(_DOCUMENT_BITS)
    starts = np.flatnonzero(_first_of_equals(keys))
    grams, ends = keys[starts].tolist(), [*starts[1:].tolist(), len(keys)]
    del keys
    mask = (1 << _CHARACTER_BITS) - 1
    for gram, start, end in zip(grams, starts.tolist(), ends, strict=True):
        # Code point order is also the order of the UTF-8 bytes.
        term = chr(gram >> _CHARACTER_BITS) + chr(gram & mask)
        yield term.encode(), documents[start:end]


def _gram_keys(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Return the distinct (first character, second character, document) keys, ascending.

    In place wherever it can be: these are the largest arrays of a build.
    """
    separator = ord(SEPARATOR)
    characters = np.frombuffer(SEPARATOR.join(texts).encode("utf-32-le"), dtype="<u4")
    if len(characters) <= 1:
        return np.empty(0, dtype=np.uint64)
    inside = (characters[:-1] != separator) & (characters[1:] != separator)
    keys = characters[:-1][inside].astype(np.uint64)
    keys <<= np.uint64(_CHARACTER_BITS)
    keys |= characters[1:][inside]
    keys <<= np.uint64(_DOCUMENT_BITS)
    lengths = np.array([len(text) + 1 for text in texts])
    keys |= np.repeat(np.arange(len(texts), dtype=np.uint32), lengths)[:-2][inside]
    keys.sort()
    distinct: npt.NDArray[np.uint64] = keys[_first_of_equals(keys)]
    return distinct


def _first_of_equals(ascending: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return a mask of the numbers that differ from the one before."""
    mask = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=mask[1:])
    return mask
