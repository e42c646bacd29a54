import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from search_index import ngrams
from search_index.codec import Postings
from search_index.ngrams import Texts

texts = st.lists(st.text("甲乙丙𠮷a1\n", max_size=9), max_size=9)


def expected(texts: list[str], n: int) -> list[tuple[bytes, list[int]]]:
    found: dict[bytes, set[int]] = {}
    for number, text in enumerate(texts):
        for part in text.split("\n"):
            for place in range(len(part) - n + 1):
                found.setdefault(part[place : place + n].encode(), set()).add(number)
    return sorted((term, sorted(numbers)) for term, numbers in found.items())


def listed(postings: Postings) -> list[tuple[bytes, list[int]]]:
    documents = np.split(postings.documents, postings.starts[1:-1])
    return [
        (term, numbers.tolist()) for term, numbers in zip(postings.terms, documents, strict=False)
    ]


@given(texts, st.integers(1, 3))
def test_texts_are_replaced_as_str_translate_does(texts: list[str], n: int) -> None:
    others = {ord("甲"): "丙", ord("乙"): "𠮷"}
    replaced = [text.translate(others) for text in texts]
    assert listed(Texts.of(texts).replaced(others).postings(n)) == expected(replaced, n)


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 7))
def test_distinct_keys_ascend_however_they_are_parted(numbers: list[int], block: int) -> None:
    before = ngrams._BLOCK
    ngrams._BLOCK = block
    try:
        keys = ngrams.distinct(np.array(numbers, dtype=np.uint64))
        assert keys.tolist() == sorted(set(numbers))
    finally:
        ngrams._BLOCK = before


@settings(deadline=None)
@given(texts, st.integers(1, 3))
def test_every_ngram_of_each_text_and_no_other(texts: list[str], n: int) -> None:
    assert listed(Texts.of(texts).postings(n)) == expected(texts, n)


@settings(deadline=None)
@given(texts, st.sampled_from([0.0, 0.2, 0.5]))
def test_threes_are_those_of_two_common_pairs(texts: list[str], share: float) -> None:
    before = ngrams.COMMON_SHARE
    ngrams.COMMON_SHARE = share
    try:
        pairs, threes, common = Texts.of(texts).pairs_and_common_threes()
        all_pairs = expected(texts, 2)
        assert listed(pairs) == all_pairs
        many = {term.decode() for term, numbers in all_pairs if len(numbers) > common}
        assert listed(threes) == [
            (term, numbers)
            for term, numbers in expected(texts, 3)
            if {term.decode()[:2], term.decode()[1:]} <= many
        ]
    finally:
        ngrams.COMMON_SHARE = before
