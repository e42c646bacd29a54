import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search_index.text import SEPARATOR, fold, fold_all, fold_name, fold_with_offsets, spans

any_text = st.text(st.characters(), max_size=30)
surrogates = st.text(st.characters(categories=["Cs", "Lo", "Nd", "Po"]), max_size=10)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("（长沙）１号Ｘ座", "长沙1号x座"),
        ("湘〔2019〕5号", "湘20195号"),
        ("湘【2019】[5]「号」", "湘20195号"),
        ("Х公司", "x公司"),  # Cyrillic
        ("ΑΒС", "abc"),  # Greek, Greek, Cyrillic
        ("二○一九", "二〇一九"),
        ("二◯一九", "二〇一九"),
        ("阿·依·古", "阿依古"),
        ("阿•依・古‧丽･克", "阿依古丽克"),
        ("后勤", "后勤"),
        ("後勤", "后勤"),
        ("理髮", "理发"),
        ("薴", "苎"),  # in two steps
        ("發展", "发展"),
        ("發　展\u00a0\u200b\ufeff", "发展"),
        ("\u202e公\u2066司\u200f", "公司"),
        ("𠮷野家", "𠮷野家"),
        ("\U00031350测", "\U00031350测"),  # a newer ideograph than this Python knows
        ("\ue863某", "\ue863某"),  # GB 18030 private use
        ("Café", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("罚款1.5万元", "罚款1.5万元"),
        ("１．５", "1.5"),
        ("等……", "等"),
        ("Straße", "strasse"),
        ("㈱", "株"),
        ("a\ud800b", "ab"),
        ("", ""),
    ],
)
def test_folds(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_an_amount_keeps_its_point_and_a_name_loses_it() -> None:
    assert fold("1.5") != fold("15")
    assert fold_name("Co., Ltd.") == "coltd" == fold_name("ＣＯ ＬＴＤ")


@given(any_text | surrogates)
@example("İ")
@example("㎯")
@example("ﷺ")
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert fold_name(fold_name(text)) == fold_name(text)


@given(any_text | surrogates, any_text | surrogates)
def test_a_part_folds_as_inside_the_whole(left: str, right: str) -> None:
    assert fold(left + right) == fold(left) + fold(right)


@given(any_text | surrogates)
def test_folded_text_is_written_and_never_holds_the_separator(text: str) -> None:
    folded = fold(text + SEPARATOR)
    assert folded.encode().decode() == folded
    assert SEPARATOR not in folded
    assert all(c == "." or unicodedata.category(c)[0] in "LNC" for c in folded)


@given(any_text)
def test_every_code_point_of_the_folded_text_knows_its_origin(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded)
    assert list(offsets) == sorted(offsets)
    assert all(folded[i] in fold(text[offset]) for i, offset in enumerate(offsets))


@pytest.mark.parametrize(
    ("original", "needle", "expected"),
    [
        ("湖南（长沙）有限公司", "长沙有限", ((3, 8),)),
        ("發·展發展", "发展", ((0, 3), (3, 5))),
        ("𠮷𠮷a", "𠮷a", ((1, 3),)),
        ("某 Co., Ltd.", "coltd", ((2, 10),)),
        ("罚款1.5元和15元", "15", ((7, 9),)),
        ("罚款1.5元", "15", ()),
        ("aaa", "aa", ((0, 2),)),
        ("㎏㎏", "g", ((0, 1), (1, 2))),
        ("甲乙", "丙", ()),
        ("甲乙", "", ()),
    ],
)
def test_spans_stand_in_the_original(
    original: str, needle: str, expected: tuple[tuple[int, int], ...]
) -> None:
    assert spans(original, needle) == expected


@given(st.text(max_size=15), st.text(max_size=15), st.text(max_size=5))
def test_spans_cover_what_was_looked_for(before: str, after: str, middle: str) -> None:
    needle = fold(middle)
    found = spans(before + middle + after, needle)
    assert bool(found) == bool(needle)
    ends = 0
    for start, end in found:
        assert ends <= start < end <= len(before + middle + after)
        ends = end


@given(st.lists(any_text | surrogates | st.text("后㎡½\n.…a后", max_size=8), max_size=12))
def test_many_texts_fold_as_each_does(texts: list[str]) -> None:
    assert fold_all(texts) == list(map(fold, texts))
