from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.identifiers import id_check_character
from portal.publish.masks import (
    FEWEST_CANDIDATES,
    HIDDEN_NUMBER,
    candidates,
    mask_id,
    mask_name,
    mask_plate,
)
from portal.surnames import COMPOUND_SURNAMES

ID = "38010119850302123" + id_check_character("38010119850302123")


@pytest.mark.parametrize(
    ("number", "id_type", "shape"),
    [
        (ID, "", "3801**********1238"),
        (ID, "身份证", "3801**********1238"),
        (ID, "其他证件", "3801**********1238"),
        ("11010519491231002X", "居民身份证", "1101**********002X"),
        ("11010519491231002x", "", "1101**********002X"),
        ("11010519491231002Х", "", "1101**********002X"),  # Cyrillic
        ("１１０１０５１９４９１２３１００２Ｘ", "", "1101**********002X"),
        ("110105 19491231-002X", "", "1101**********002X"),
        ("810000199001011234", "港澳居民居住证", "8100**********1234"),
        ("380101850302123", "", "3801********123"),
        ("H12345678", "港澳居民来往内地通行证", "H******78"),
        ("12345678", "台胞证", "******78"),
        ("12345678", "台湾居民来往大陆通行证", "******78"),
        ("E12345678", "护照", "E******78"),
        ("军字第1234567号", "军官证", "军******7号"),
        ("E12345678", "", HIDDEN_NUMBER),
        ("1234", "护照", HIDDEN_NUMBER),
        ("38010119850302", "", HIDDEN_NUMBER),
        ("3801011985030212381", "身份证", HIDDEN_NUMBER),
        ("无", "", HIDDEN_NUMBER),
        ("", "身份证", ""),
        ("  ", "", ""),
    ],
)
def test_id_shapes(number: str, id_type: str, shape: str) -> None:
    assert mask_id(number, id_type) == shape


@pytest.mark.parametrize(
    "masked",
    [
        "3801011985****1238",
        "380101********1238",
        "3801**********1238",
        "3801011985＊＊＊＊1238",
        "3801011985••••1238",
        "3801011985××××1238",
        "3801011985XXXX1238",
        "3801011985xxxx1238",
        "3801 0119 85** **12 38",
    ],
)
def test_masked_id_gets_the_one_shape(masked: str) -> None:
    assert mask_id(masked) == "3801**********1238"


def test_masks_of_one_number_do_not_add_up() -> None:
    upstream = ("3801011985****1238", "38**********021238", "38010119850302****")
    shown = {mask_id(number) for number in upstream}
    for position in range(18):
        digits = {shape[position] for shape in shown} - {"*"}
        assert not digits or position < 4 or position >= 14


def test_masked_old_id_and_masked_passport() -> None:
    assert mask_id("380101******123") == "3801********123"
    assert mask_id("E1****78", "护照") == "E******78"
    assert mask_id("380101XXXXXXXX123X") == "3801**********123X"
    assert mask_id("38010119850302****") == "3801**************"


@given(st.text(), st.sampled_from(["", "身份证", "护照", "台胞证", "其他"]))
def test_no_number_shows_more_than_its_shape(number: str, id_type: str) -> None:
    shown = mask_id(number, id_type)
    visible = shown.replace("*", "")
    assert len(visible) <= (8 if len(shown) == 18 else 7 if len(shown) == 15 else 3)
    assert mask_id(shown, id_type) == shown or id_type in {"护照", "台胞证", "其他"}


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_every_citizen_number_shows_four_and_four(number: str) -> None:
    assert mask_id(number) == number[:4] + "*" * 10 + number[14:]


def _residues(positions: range, values: list[str]) -> Counter[int]:
    weights = [pow(2, 17 - i, 11) for i in positions]
    return Counter(
        sum(int(d) * w for d, w in zip(value, weights, strict=True)) % 11 for value in values
    )


def _dates(years: range) -> list[str]:
    first, last = date(years.start, 1, 1), date(years.stop - 1, 12, 31)
    days = (last - first).days + 1
    return [f"{first + timedelta(days=n):%Y%m%d}" for n in range(days)]


def _fewest(hidden: list[Counter[int]]) -> int:
    total = Counter({0: 1})
    for part in hidden:
        total = Counter(
            {
                residue: sum(count * part[(residue - other) % 11] for other, count in total.items())
                for residue in range(11)
            }
        )
    return min(total.values())


def test_published_shapes_cannot_be_reversed() -> None:
    century = _dates(range(1926, 2026))
    regions = [f"{n:02}" for n in range(100)]
    shape = _fewest([_residues(range(4, 6), regions), _residues(range(6, 14), century)])
    assert shape >= 100_000
    assert len(regions) * len(century) >= 100_000  # fifteen digits have no check character
    assert _fewest([_residues(range(6, 14), century)]) < 10_000  # 6 + 8 stars + 4
    assert _fewest([_residues(range(10, 14), [d[4:] for d in _dates(range(1985, 1986))])]) < 40


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("张三", "张**"),
        ("李小明", "李**"),
        ("欧阳修", "欧阳**"),
        ("上官婉儿", "上官**"),
        ("诸葛亮", "诸葛**"),
        ("爱新觉罗溥明", "爱新觉罗**"),
        ("张杨雨涵", "张**"),
        ("欧阳", "欧**"),
        ("买买提·艾力", "买**"),
        ("古丽•阿依", "古**"),
        ("阿不都・拉", "阿**"),
        ("John Smith", "J**"),
        ("Ｊohn", "J**"),
        ("Émile", "É**"),
        ("𠮷田", "𠮷**"),
        ("𫍯某", "𫍯**"),
        (" 张\u200b 三\ufeff", "张**"),
        ("\u202e张三", "张**"),
        ("张某", "张**"),
        ("张某某", "张**"),
        ("张*", "张**"),
        ("张＊＊＊", "张**"),
        ("欧阳某某", "欧阳**"),
        ("经营者裘望舒", "裘**"),
        ("個體戶裘望舒", "裘**"),
        ("裘望舒（个体工商户）", "裘**"),
        ("*三", "**"),
        ("", ""),
        (" \u200b", ""),
    ],
)
def test_name_shapes(name: str, shape: str) -> None:
    assert mask_name(name) == shape


@given(st.text())
def test_masked_name_is_stable_and_ends_in_two_stars(name: str) -> None:
    shown = mask_name(name)
    assert mask_name(shown) == shown
    assert shown == "" or (shown.endswith("**") and len(shown) <= 6)


@given(st.sampled_from(sorted(COMPOUND_SURNAMES)), st.sampled_from(["明", "晓明", "某"]))
def test_compound_surnames_stay_whole(surname: str, given_name: str) -> None:
    assert mask_name(surname + given_name).startswith(surname)


@pytest.mark.parametrize(
    ("plate", "shape"),
    [
        ("湘L12345", "湘L***45"),
        ("湘LD12345", "湘L***45"),
        ("湘l·12345", "湘L***45"),
        ("湘Ｌ１２３４５", "湘L***45"),
        ("湘L1234挂", "湘L***4挂"),
        ("湘L1***5", "湘L****5"),
        ("湘L***45", "湘L***45"),
        ("叉车001", "***"),
        ("", ""),
    ],
)
def test_plate_shapes(plate: str, shape: str) -> None:
    assert mask_plate(plate) == shape


@pytest.mark.parametrize(
    ("masked", "count"),
    [
        ("3801**********1238", 332_728),
        ("3801********123", 2_708_400),
        ("380102********0018", 3_328),
        ("3801021985****0018", 34),
        ("3801021985XXXX001X", 34),
        ("380102****0018", 3_328),
        ("38010219850412****", 1_000),
        ("380102******123", 27_084),
    ],
)
def test_a_mask_is_worth_the_numbers_that_fit_it(masked: str, count: int) -> None:
    assert candidates(masked) == count


@given(st.from_regex(r"[1-9][0-9]{9,16}[*]{3,8}[0-9]{0,4}", fullmatch=True))
def test_what_is_masked_again_fits_many(masked: str) -> None:
    assert candidates(mask_id(masked)) >= FEWEST_CANDIDATES
