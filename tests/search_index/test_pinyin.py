import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.pinyin import Token, readings, stretch


def spelled(word: str) -> list[str]:
    return [
        " ".join(token.syllable or token.initial.upper() or token.character for token in tokens)
        for tokens in readings(word)
    ]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("shenjian", ["shen jian", "shen ji an"]),
        ("xian", ["xian", "xi an", "X I A N"]),
        ("sjxcl", ["S J X C L"]),
        ("shenjxcl", ["shen J X C L", "S H E N J X C L"]),
        ("lvyou", ["lv you", "L V Y O U"]),
        ("shen剑gf", ["shen 剑 G F", "S H E N 剑 G F"]),
        ("神剑", []),
        ("", []),
        ("a" * 61, []),
    ],
)
def test_letters_are_read_in_as_few_syllables_as_can_be(word: str, expected: list[str]) -> None:
    assert spelled(word)[: len(expected)] == expected
    assert bool(spelled(word)) == bool(expected)


@pytest.mark.parametrize(
    ("word", "name", "place"),
    [
        ("chongqing", "重庆长安汽车", (0, 2)),
        ("zhongqing", "重庆长安汽车", (0, 2)),
        ("changan", "重庆长安汽车", (2, 4)),
        ("caqc", "重庆长安汽车", (2, 6)),
        ("yinhang", "某某银行", (2, 4)),
        ("changan", "重庆汽车", None),
    ],
)
def test_a_character_may_be_read_in_each_of_its_ways(
    word: str, name: str, place: tuple[int, int] | None
) -> None:
    found = [stretch(tokens, name) for tokens in readings(word)]
    assert next((at for at in found if at), None) == place


@given(st.text("abcdefghijklmnopqrstuvwxyz神剑1", max_size=20))
def test_any_word_is_read_letter_by_letter(word: str) -> None:
    for tokens in readings(word):
        assert "".join(t.syllable + t.initial + t.character for t in tokens) == word
        assert all(isinstance(token, Token) for token in tokens)
