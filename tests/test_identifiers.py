import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import identifiers as ids
from tests import world

VALID_USCC = [
    "91350100M000100Y43",
    "91110108551385082Q",
    "91110000600037341L",
    "914403001922038216",
    "9144030071526726XG",
    "12100000400000624D",
    "N2431002MF0000013B",
]
INVALID_USCC = {
    "91110108551385082P": "check character",
    "91110108551358082Q": "transposed",
    "911101O8551385082Q": "letter O",
    "00000000000000000X": "dummy seen in real files",
    "4.31003E+17": "spreadsheet damage",
    "": "nothing",
    "9111010855138508２Q": "not folded",
}


@pytest.mark.parametrize("code", VALID_USCC)
def test_valid_credit_codes(code: str) -> None:
    assert ids.is_uscc(code)


@pytest.mark.parametrize("code", INVALID_USCC)
def test_invalid_credit_codes(code: str) -> None:
    assert not ids.is_uscc(code)


def test_an_id_number_with_the_check_of_a_credit_code_is_no_credit_code() -> None:
    numbers = [
        world.id_number(serial, f"19{year}0412") for serial in range(999) for year in (61, 85)
    ]
    alike = [n for n in numbers if n[17] == ids.uscc_check_character(n[:17])]
    assert len(alike) > 20
    assert all(not ids.is_uscc(n) or ids.is_org_code(n[8:17]) for n in alike)
    assert sum(ids.is_uscc(n) for n in alike) < len(alike) / 5


@given(st.integers(0, 99_999_999), st.integers(0, 16), st.sampled_from(ids.USCC_ALPHABET))
def test_one_changed_character_is_always_found(number: int, at: int, other: str) -> None:
    code = world.uscc(number)
    changed = code[:at] + other + code[at + 1 :]
    assert ids.is_uscc(code)
    assert changed == code or not ids.is_uscc(changed)


@pytest.mark.parametrize(
    "text",
    [
        "９１１１０１０８５５１３８５０８２Ｑ",
        "91110108 5513 85082q",
        "91110108-551385082-Q",
        "\ufeff91110108551385082Q\u200b",
    ],
)
def test_codes_fold_to_one_spelling(text: str) -> None:
    assert ids.fold_code(text) == "91110108551385082Q"


def test_organisation_code_inside_the_credit_code() -> None:
    assert ids.is_org_code(ids.fold_code("D2143569-X"))
    assert not ids.is_org_code("D21435691")
    assert ids.org_code_of("91110108551385082Q") == "551385082"
    assert ids.is_org_code("551385082")
    assert ids.region_of("91110108551385082Q") == "110108"


def test_registration_number_and_old_id_have_the_same_length() -> None:
    assert ids.is_registration_number("110108000000016")
    assert not ids.is_registration_number("110108000000017")
    assert not ids.is_old_id_number("110108000000016")
    assert ids.is_old_id_number("130503670401001")


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_valid_id_numbers(number: str) -> None:
    assert ids.is_id_number(number)


def test_a_day_that_does_not_exist_is_no_id_number() -> None:
    number = "431023201002290010"
    assert ids.id_check_character(number[:17]) == number[17]
    assert not ids.is_id_number(number)


def test_fifteen_digits_become_eighteen() -> None:
    assert ids.upgrade_old_id("130503670401001") == "130503196704010016"
    assert ids.is_id_number("130503196704010016")


def test_regions_that_are_no_more_stay_valid() -> None:
    first17 = "43280119700101001"
    assert ids.is_id_number(first17 + ids.id_check_character(first17))


@pytest.mark.parametrize("text", ["4.31003E+17", "4.31003e17", "４.31003E+17"])
def test_spreadsheet_damage_is_recognised(text: str) -> None:
    assert ids.is_damaged_number(text)


@pytest.mark.parametrize("text", ["E1234", "91110108551385082Q", "2026", "1E"])
def test_ordinary_codes_are_not_damage(text: str) -> None:
    assert not ids.is_damaged_number(text)


@pytest.mark.parametrize(
    "text",
    ["澄市监罚〔2019〕1号", "澄市监罚[2019]1号", "澄市监罚【2019】1号", "澄市监罚(2019)1号",
     "澄市监罚（2019）1号", " 澄市监罚 （２０１９） 1号\u200b"],
)  # fmt: skip
def test_brackets_of_document_numbers_fold(text: str) -> None:
    assert ids.fold_document_number(text) == "澄市监罚(2019)1号"


@given(st.text())
def test_folding_is_stable_and_never_fails(text: str) -> None:
    once = ids.fold_document_number(text)
    assert ids.fold_document_number(once) == once
    assert ids.fold_code(ids.fold_code(text)) == ids.fold_code(text)
    assert isinstance(ids.is_uscc(text) or ids.is_org_code(text) or ids.is_id_number(text), bool)


@given(st.lists(st.text("〔【2019】）号ａé\u0301\0 \u3000-—", max_size=8) | st.text(), max_size=8))
def test_many_document_numbers_fold_as_each_does(texts: list[str]) -> None:
    assert ids.fold_document_numbers(texts) == list(map(ids.fold_document_number, texts))


@given(st.text("09azAZ -.·Ａ１\u200b", max_size=8))
def test_a_code_folds_alike_in_every_spelling(text: str) -> None:
    folded = ids.fold_code(text)
    assert folded == ids.fold_code(f" {text}\u200b") == ids.fold_code(folded)
