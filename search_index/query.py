"""From what a reader typed to Whoosh query trees. Pure: no file, no clock.

There is no query syntax: whatever is typed is text to look for, and no text is an error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from whoosh.query import And, Every, NullQuery, Query, Term
from whoosh.query.qcolumns import ColumnQuery

from portal.identifiers import fold_code, is_org_code, is_registration_number, is_uscc
from search_index import schema
from search_index.text import DECIMAL_POINT, fold, fold_name

MAX_LENGTH = 400
"""Code points of a text that are looked at; what a field of a page accepts is shorter."""

_PARTS = re.compile(r'"([^"]*)"|“([^”]*)”|([^\s"“”]+)')


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """What a text may mean: a code, a document number, words, a whole name; empty where it cannot.

    `given` tells that something was typed, even if it holds nothing that can be searched.
    """

    code: str = ""
    document: str = ""
    words: tuple[str, ...] = ()
    name: str = ""
    given: bool = False

    @property
    def blank(self) -> bool:
        """Tell whether there is nothing to look for: results are by filters alone."""
        return not (self.given or self.code or self.document or self.words or self.name)

    @property
    def name_words(self) -> tuple[str, ...]:
        """The words as names are compared: without full stops."""
        return tuple(word.replace(DECIMAL_POINT, "") for word in self.words)


@dataclass(frozen=True, slots=True)
class Filters:
    """What results are narrowed to; an empty text or None narrows nothing. Days are inclusive.

    `kind` is that of the subject, as SubjectKind writes it.
    """

    class_code: str = ""
    list_code: str = ""
    authority: str = ""
    region: str = ""
    decided_from: date | None = None
    decided_to: date | None = None
    kind: str = ""


class DayRange(ColumnQuery):  # type: ignore[misc]  # whoosh is untyped
    """Records decided between two days, by their column; one without a day never is."""

    def __init__(self, fieldname: str, first: date | None, last: date | None) -> None:
        """Both days are inclusive; None leaves that side open."""
        self.first = max(schema.day_number(first), 1)
        self.last = schema.day_number(last or date.max)
        super().__init__(fieldname, lambda day: self.first <= day <= self.last)

    def estimate_size(self, ixreader: Any) -> int:
        """Return the most documents there can be, for Whoosh's planning."""
        return int(ixreader.doc_count())

    def estimate_min_size(self, _: Any) -> int:
        """Return the fewest documents there can be."""
        return 0


class Word(And):  # type: ignore[misc]  # whoosh is untyped
    """Documents that have all pairs of neighbouring characters of `word`: they may contain it."""

    def __init__(self, subqueries: Sequence[Query], boost: float = 1.0, word: str = "") -> None:
        """Use `word_query`."""
        super().__init__(list(subqueries), boost)
        self.word = word


def understand(text: str) -> SearchTerms:
    """Read a typed text in every way it may be meant.

    Words are parted by white space; a part in quotation marks ("…" or “…”) stays one word. Never
    raises; only the first MAX_LENGTH code points count.
    """
    text = text[:MAX_LENGTH]
    code = fold_code(text)
    is_code = is_uscc(code) or is_org_code(code) or is_registration_number(code)
    document = schema.document_term(text)
    parts = (fold("".join(groups)).strip(DECIMAL_POINT) for groups in _PARTS.findall(text))
    return SearchTerms(
        code=code if is_code else "",
        document=document if any(character.isdigit() for character in document) else "",
        words=tuple(dict.fromkeys(part for part in parts if part)),
        name=fold_name(text),
        given=bool(text.strip()),
    )


def filter_query(filters: Filters) -> Query:
    """Return the records that pass the filters."""
    terms = {
        schema.CLASS: filters.class_code,
        schema.LIST: filters.list_code,
        schema.AUTHORITY: filters.authority,
        schema.REGION: filters.region,
        schema.KIND: filters.kind,
    }
    parts: list[Any] = [Term(field, value) for field, value in terms.items() if value]
    if filters.decided_from or filters.decided_to:
        parts.append(DayRange(schema.DECIDED, filters.decided_from, filters.decided_to))
    return And(parts) if parts else Every()


def word_query(word: str) -> Query:
    """Return the documents that have all bigrams of a folded word.

    Those that contain the word are among them; for two characters they are the same. A single
    character has no bigram: every document is possible.
    """
    if not word:
        return NullQuery
    parts = [Term(schema.GRAMS, first + second) for first, second in pairwise(word)]
    return Word(list(dict.fromkeys(parts)), word=word) if parts else Every()


def exact_name_query(name: str) -> Query:
    """Return the names that are this folded name."""
    return Term(schema.EXACT, name) if name else NullQuery


def code_query(code: str) -> Query:
    """Return the names of entities that a folded code leads to."""
    return Term(schema.CODE, code) if code else NullQuery


def document_query(document: str) -> Query:
    """Return the records that carry a folded document number."""
    return Term(schema.DOCUMENT, document) if document else NullQuery
