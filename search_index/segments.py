"""Write whole Whoosh segments at once, from columns instead of document by document."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh.codec.whoosh3 import W3Segment

from search_index import schema
from search_index.batch import Batch, GivenTerms
from search_index.codec import BitmapCodec, Postings
from search_index.company_name import bare
from search_index.name_table import write_characters
from search_index.ngrams import MAX_DOCUMENTS, Texts, distinct
from search_index.schema import term_bytes
from search_index.sounds import sound_table
from search_index.text import SEPARATOR

START = "\x02"
"""Stands before the first character of a name among its n-grams; folding never yields it."""

_DOCUMENT_BITS = MAX_DOCUMENTS.bit_length() - 1


def write_segment(
    storage: Any, indexname: str, fields: Any, number: int, batch: Batch
) -> W3Segment:
    """Write documents, which are in the order of their places, as an index's `number`th segment.

    `fields` is the Whoosh schema of the index. Returns Whoosh's segment.
    """
    codec = BitmapCodec()
    segment = W3Segment(codec, indexname, doccount=len(batch), segid=f"{number:06d}")
    segment._fieldlengths = {}
    _write_columns(storage, codec, segment, batch)
    shown = zip(batch.texts, batch.grammed.tolist(), strict=True)
    grammed = [text if indexed else "" for text, indexed in shown]
    if indexname == schema.NAMES:
        grams = name_grams(grammed, batch.numbers[schema.CORE].tolist())
    else:
        grams, segment.common = record_grams(grammed)
    writer = codec.field_writer(storage, segment)
    for field in sorted({*batch.terms, *grams}):
        writer.start_field(field, fields[field])
        # Each is let go before the next is made: they are large.
        writer.add_terms(grams.pop(field) if field in grams else given(batch.terms[field]))
        writer.finish_field()
    writer.close()
    return segment


def _write_columns(storage: Any, codec: BitmapCodec, segment: W3Segment, batch: Batch) -> None:
    entities = batch.numbers[schema.ENTITY_OF[segment.indexname]]
    by_entity = np.argsort(entities, kind="stable").astype(np.int32)
    for name, numbers in (*batch.numbers.items(), (schema.BY_ENTITY, by_entity)):
        with storage.create_file(codec.column_filename(segment, name)) as file:
            file.write(numbers.astype(">i4").tobytes())
    with storage.create_file(codec.column_filename(segment, schema.ORDER)) as file:
        file.write(batch.order.astype(">i8").tobytes())
    with storage.create_file(codec.column_filename(segment, schema.TEXT)) as file:
        write_texts(file, batch.texts)
    if segment.indexname == schema.NAMES:
        with storage.create_file(codec.column_filename(segment, schema.NAME_CHARACTERS)) as file:
            write_characters(file, batch.texts)
        with storage.create_file(codec.column_filename(segment, schema.PLAIN_CHARACTERS)) as file:
            write_characters(file, list(map(bare, batch.texts)))


def name_grams(names: Sequence[str], cores: Sequence[int]) -> dict[str, Postings]:
    """Return the n-grams of folded names by field; `cores` is where their cores start.

    A pair with the mark of a start stands where a name starts, and where its core does.
    """
    marked = []
    for name, core in zip(names, cores, strict=True):
        again = f"{SEPARATOR}{START}{name[core]}" if name and core else ""
        marked.append(f"{START}{name}{again}" if name else "")
    texts = Texts.of(names)
    return {
        schema.CHARACTERS: texts.postings(1),
        schema.GRAMS: Texts.of(marked).postings(2),
        schema.SOUNDS: texts.replaced(sound_table().sounds).postings(2),
        schema.INITIALS: texts.replaced(sound_table().initials).postings(3),
    }


def record_grams(texts: Sequence[str]) -> tuple[dict[str, Postings], int]:
    """Return the n-grams of the folded texts of records by field, and what makes a pair common."""
    pairs, threes, common = Texts.of(texts).pairs_and_common_threes()
    return {schema.GRAMS: pairs, schema.TRIGRAMS: threes}, common


def given(terms: GivenTerms) -> Postings:
    """Return given terms, ascending, with their ascending, distinct documents."""
    spelled = sorted(set(terms.values) - {""})  # code point order is also that of the UTF-8 bytes
    place = {term: number for number, term in enumerate(spelled)} | {"": len(spelled)}
    places = np.fromiter(map(place.__getitem__, terms.values), np.uint64, len(terms.values))
    keys = distinct(places << np.uint64(_DOCUMENT_BITS) | terms.owners.astype(np.uint64))
    bounds = np.arange(len(spelled) + 1, dtype=np.uint64) << np.uint64(_DOCUMENT_BITS)
    starts = np.searchsorted(keys, bounds)
    documents = (keys & np.uint64(MAX_DOCUMENTS - 1)).astype(np.uint32)
    return Postings(list(map(term_bytes, spelled)), starts, documents)


def write_texts(file: Any, texts: Sequence[str]) -> None:
    """Write a column of texts as Whoosh's column of variable bytes, with stored offsets."""
    encoded = [text.encode() for text in texts]
    lengths = np.array([len(text) for text in encoded], dtype=np.uint32)
    starts: npt.NDArray[np.uint32] = np.zeros(len(encoded), dtype=np.uint32)
    np.cumsum(lengths[:-1], out=starts[1:], dtype=np.uint32)
    file.write(b"".join(encoded))
    file.write(lengths.astype(">u4").tobytes())
    file.write(starts.astype(">u4").tobytes())
    file.write(b"IIX")
