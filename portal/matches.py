"""Where a result matched: the name or text, and the spans of it, in the original wording."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from portal.catalog_model import Field
from portal.records import PublishedEntity, PublishedRecord
from search_index.pinyin import readings, stretch
from search_index.query import SearchTerms
from search_index.text import fold_name, fold_with_offsets, spans

EXCERPT_LENGTH = 90
_LEAD = 20

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a field's text that matched; `spans` are (start, end) in `text`."""

    field: str
    title: str
    text: str
    spans: Spans


def name_spans(entity: PublishedEntity, terms: SearchTerms) -> tuple[str, Spans]:
    """Return the name of a subject that matched best, and where; the current one if none did."""
    for name in entity.names:
        folded = fold_name(name.text)
        if terms.name and folded == terms.name:
            return name.text, ((0, len(name.text)),)
        words = terms.name_words
        if words and all(word in folded for word in words):
            return name.text, merged(s for word in words for s in spans(name.text, word))
    return entity.names[0].text if entity.names else "", ()


def similar_spans(entity: PublishedEntity, terms: SearchTerms) -> tuple[str, Spans]:
    """Return the name of a similar subject that is nearest to what was typed, and what they share.

    Letters that spell the name in pinyin share the characters they are read as.
    """
    best: tuple[int, str, Spans] = (0, entity.names[0].text if entity.names else "", ())
    for name in entity.names:
        folded, offsets = fold_with_offsets(name.text)
        shared = _read_parts(terms.name_words, folded) or _common_parts(terms.name, folded)
        length = sum(end - start for start, end in shared)
        if length > best[0]:
            spans_ = merged((offsets[start], offsets[end - 1] + 1) for start, end in shared)
            best = (length, name.text, spans_)
    return best[1], best[2]


def _common_parts(asked: str, folded: str) -> list[tuple[int, int]]:
    blocks = SequenceMatcher(None, asked, folded, autojunk=False).get_matching_blocks()
    return [(block.b, block.b + block.size) for block in blocks if block.size]


def _read_parts(words: Sequence[str], folded: str) -> list[tuple[int, int]]:
    """Return where words that hold letters are read as pinyin; nothing if one of them is not."""
    found = []
    for word in words:
        places = [stretch(tokens, folded) for tokens in readings(word)]
        place = next((place for place in places if place is not None), None)
        if place is None:
            return []
        found.append(place)
    return found


def excerpt_of(
    record: PublishedRecord, fields: Sequence[Field], words: Sequence[str]
) -> Excerpt | None:
    """Return the first searchable text of a record that holds one of the words, cut around it."""
    for field in fields:
        text = record.fields.get(field.name, "") if field.searchable else ""
        found = merged(s for word in words if len(word) > 1 for s in spans(text, word))
        if found:
            return Excerpt(field.name, field.title, *cut(text, found))
    return None


def cut(text: str, found: Spans) -> tuple[str, Spans]:
    """Return the part of a text around the first of the spans found, and the spans in it."""
    start = max(found[0][0] - _LEAD, 0)
    end = min(start + EXCERPT_LENGTH, len(text))
    head, tail = ("…" if start else ""), ("…" if end < len(text) else "")
    shift = start - len(head)
    inside = tuple((a - shift, min(b, end) - shift) for a, b in found if a < end)
    return head + text[start:end] + tail, inside


def merged(found: Iterable[tuple[int, int]]) -> Spans:
    """Return spans in their order, those that touch joined into one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
