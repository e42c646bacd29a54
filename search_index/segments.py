"""Write whole Whoosh segments at once, from arrays instead of document by document.

Documents are collected in any order and written in that of their ORDER column, so that the first
numbers of a segment are its best results.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from whoosh.codec.whoosh3 import W3Segment

from portal.records import SubjectKind
from search_index import schema
from search_index.codec import BitmapCodec, BitmapFieldWriter, numbers_of
from search_index.company_name import bare
from search_index.ngrams import MAX_DOCUMENTS, Postings, Texts
from search_index.schema import term_bytes
from search_index.segment_reader import SegmentReader
from search_index.sounds import initials_text, sound_text
from search_index.text import SEPARATOR

START = "\x02"
"""Stands before the first character of a name among its n-grams; folding never yields it."""

_DOCUMENT_BITS = MAX_DOCUMENTS.bit_length() - 1


class SegmentBuffer:
    """The documents of one segment before it is written.

    `entity` names the column of their entity's row.
    """

    def __init__(self, entity: str) -> None:
        self.count = 0
        self._entity = entity
        self._terms: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._numbers: defaultdict[str, list[int]] = defaultdict(list)
        self._order: list[int] = []
        self._texts: list[str] = []
        self._grammed: list[bool] = []

    def add(
        self,
        terms: Mapping[str, Iterable[str]],
        numbers: Mapping[str, int],
        order: int,
        text: str,
        grams: bool,
    ) -> None:
        """Add a document: its terms by field, its columns, its place, its folded text.

        `grams` tells whether the n-grams of the text are indexed. Every document has the same
        columns. Raises OverflowError when the segment is full.
        """
        if self.count == MAX_DOCUMENTS:
            raise OverflowError("the segment is full")
        number = self.count
        for field, values in terms.items():
            listed = self._terms[field]
            for value in values:
                if value:
                    listed[value].append(number)
        for column, content in numbers.items():
            self._numbers[column].append(content)
        self._order.append(order)
        self._texts.append(text)
        self._grammed.append(grams)
        self.count += 1

    def absorb(self, segment: SegmentReader, gone: BitMap) -> None:
        """Add the documents of a written segment, without those that are gone.

        Raises OverflowError when the segment gets too full.
        """
        kept = np.ones(segment.count, dtype=np.bool_)
        kept[numbers_of(gone)] = False
        if self.count + int(kept.sum()) > MAX_DOCUMENTS:
            raise OverflowError("the segment is full")
        numbers = np.cumsum(kept) - 1 + self.count
        for field in segment.terms.indexed_field_names():
            if field not in schema.GRAM_FIELDS:
                self._absorb_terms(segment, field, kept, numbers)
        for column in segment.number_columns():
            self._numbers[column].extend(segment.numbers(column)[kept].tolist())
        self._order.extend(segment.order()[kept].tolist())
        persons = segment.terms.bitmap(schema.KIND, term_bytes(SubjectKind.PERSON.value))
        for number, text in enumerate(segment.texts.all()):
            if kept[number]:
                self._texts.append(text)
                self._grammed.append(number not in persons)
        self.count += int(kept.sum())

    def _absorb_terms(
        self,
        segment: SegmentReader,
        field: str,
        kept: npt.NDArray[np.bool_],
        numbers: npt.NDArray[np.int64],
    ) -> None:
        for term, info in segment.terms.postings_of(field):
            documents = numbers_of(segment.terms.read(info))
            listed = numbers[documents[kept[documents]]].tolist()
            if listed:
                self._terms[field][schema.term_text(term)].extend(listed)

    def write(self, storage: Any, indexname: str, fields: Any, number: int) -> W3Segment:
        """Write the segment's files as the `number`th of an index; returns Whoosh's segment.

        `fields` is the Whoosh schema of the index.
        """
        codec = BitmapCodec()
        segment = W3Segment(codec, indexname, doccount=self.count, segid=f"{number:06d}")
        segment._fieldlengths = {}
        places = np.argsort(np.array(self._order, dtype=np.int64), kind="stable")
        self._write_columns(storage, codec, segment, places)
        texts = [self._texts[place] for place in places.tolist()]
        with storage.create_file(codec.column_filename(segment, schema.TEXT)) as file:
            write_texts(file, texts)
        if indexname == schema.NAMES:
            with storage.create_file(codec.column_filename(segment, schema.PLAIN)) as file:
                write_texts(file, list(map(bare, texts)))
        writer = codec.field_writer(storage, segment)
        grammed = [
            text if self._grammed[place] else ""
            for text, place in zip(texts, places.tolist(), strict=True)
        ]
        if indexname == schema.NAMES:
            cores = np.array(self._numbers[schema.CORE])[places].tolist()
            grams = name_grams(grammed, cores)
        else:
            grams, segment.common = record_grams(grammed)
        self._write_terms(writer, fields, places, grams)
        return segment

    def _write_columns(
        self, storage: Any, codec: BitmapCodec, segment: W3Segment, places: npt.NDArray[np.intp]
    ) -> None:
        columns = {
            name: np.array(numbers, dtype=np.int32)[places]
            for name, numbers in self._numbers.items()
        }
        by_entity = np.argsort(columns[self._entity], kind="stable")
        columns[schema.BY_ENTITY] = by_entity.astype(np.int32)
        for name, numbers in columns.items():
            with storage.create_file(codec.column_filename(segment, name)) as file:
                file.write(numbers.astype(">i4").tobytes())
        with storage.create_file(codec.column_filename(segment, schema.ORDER)) as file:
            file.write(np.array(self._order, dtype=np.int64)[places].astype(">i8").tobytes())

    def _write_terms(
        self,
        writer: BitmapFieldWriter,
        fields: Any,
        places: npt.NDArray[np.intp],
        grams: Mapping[str, Postings],
    ) -> None:
        numbers = np.empty(len(places), dtype=np.uint64)
        numbers[places] = np.arange(len(places), dtype=np.uint64)
        for field in sorted({*self._terms, *grams}):
            writer.start_field(field, fields[field])
            postings = grams[field] if field in grams else _given(self._terms[field], numbers)
            writer.add_terms(postings)
            writer.finish_field()
        writer.close()


def name_grams(names: Sequence[str], cores: Sequence[int]) -> dict[str, Postings]:
    """Return the n-grams of folded names by field; `cores` is where their cores start.

    A pair with the mark of a start stands where a name starts, and where its core does.
    """
    marked = []
    for name, core in zip(names, cores, strict=True):
        again = f"{SEPARATOR}{START}{name[core]}" if name and core else ""
        marked.append(f"{START}{name}{again}" if name else "")
    return {
        schema.CHARACTERS: Texts(names).postings(1),
        schema.GRAMS: Texts(marked).postings(2),
        schema.SOUNDS: Texts([sound_text(name) for name in names]).postings(2),
        schema.INITIALS: Texts([initials_text(name) for name in names]).postings(3),
    }


def record_grams(texts: Sequence[str]) -> tuple[dict[str, Postings], int]:
    """Return the n-grams of the folded texts of records by field, and what makes a pair common."""
    pairs, threes, common = Texts(texts).pairs_and_common_threes()
    return {schema.GRAMS: pairs, schema.TRIGRAMS: threes}, common


def _given(terms: Mapping[str, Sequence[int]], numbers: npt.NDArray[np.uint64]) -> Postings:
    """Yield given terms, ascending, with their documents as they are numbered now."""
    spelled = sorted((term_bytes(term), term) for term in terms)
    listed = [terms[term] for _, term in spelled]
    counts = np.fromiter(map(len, listed), dtype=np.int64, count=len(listed))
    documents = np.fromiter(chain.from_iterable(listed), dtype=np.int64, count=int(counts.sum()))
    keys = np.repeat(np.arange(len(listed), dtype=np.uint64), counts) << np.uint64(_DOCUMENT_BITS)
    keys |= numbers[documents]
    keys = np.unique(keys)
    sorted_documents = (keys & np.uint64(MAX_DOCUMENTS - 1)).astype(np.uint32)
    ends = np.cumsum(np.bincount((keys >> np.uint64(_DOCUMENT_BITS)).astype(np.int64)))
    start = 0
    for (term, _), end in zip(spelled, ends.tolist(), strict=True):
        yield term, sorted_documents[start:end]
        start = end


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
