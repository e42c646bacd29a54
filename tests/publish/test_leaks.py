import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.identifiers import id_check_character, uscc_check_character
from portal.publish.leaks import Leak, find_leaks
from portal.publish.scrub import scrub, scrub_number

FIRST17 = "38010119850302123"
ID = FIRST17 + id_check_character(FIRST17)
PHONE = "19900001234"
CARD = "6217990000012345677"


def luhn(digits: str) -> bool:
    odd = sum(int(d) for d in digits[-1::-2])
    return (odd + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])) % 10 == 0


VALID_CARD = next(c for n in range(10) if luhn(c := CARD[:-1] + str(n)))


@pytest.mark.parametrize(
    "dressed",
    [
        ID,
        f"{ID[:6]} {ID[6:14]} {ID[14:]}",
        f"{ID[:6]}-{ID[6:14]}-{ID[14:]}",
        " ".join(ID),
        ID.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        ID.translate(str.maketrans("0123456789", "〇一二三四五六七八九")),
        ID.translate(str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")),
        ID[:6] + "\u200b" + ID[6:],
        "11010519491231002x",
        "11010519491231002Х",
        "11010519491231002 X",
    ],
)
def test_finds_ids_in_any_dress(dressed: str) -> None:
    text = f"经查，{dressed}，属实"
    assert find_leaks(text) == [Leak("id", 3, 3 + len(dressed))]


def test_finds_an_id_inside_a_longer_number() -> None:
    assert [leak.kind for leak in find_leaks(f"证书JY{ID}01")] == ["id"]


OLD_ID = "380101850302123"


@pytest.mark.parametrize(
    "text",
    [
        f"身份证号：{OLD_ID}",
        OLD_ID,
        f'{{"tax_number":"{OLD_ID}"}}',
        f"{OLD_ID}；91110108551385082Q",
    ],
)
def test_old_ids_count_after_a_marker_or_as_a_whole_value(text: str) -> None:
    """No check character proves them. But what is nothing else than a birth date between a region

    and a serial is no registration number either: those that are shown have no such date.
    """
    assert [leak.kind for leak in find_leaks(text)] == ["id"]


@pytest.mark.parametrize("text", [f"编号{OLD_ID}", f"货号{OLD_ID}的商品", f"共{OLD_ID}元"])
def test_fifteen_digits_in_a_sentence_prove_nothing(text: str) -> None:
    assert find_leaks(text) == []


@pytest.mark.parametrize(
    "masked",
    [
        "3801021985****0018",
        "380102********0018",
        "38010219850412****",
        "380102****0018",
        "380102******123",
        "3801021985XXXX0018",
        "3801021985●●●●0018",
    ],
)
def test_finds_masks_that_hide_nothing(masked: str) -> None:
    assert [leak.kind for leak in find_leaks(f"持证人{masked}。")] == ["id"]
    assert find_leaks(scrub(f"持证人{masked}。")) == []
    assert find_leaks(scrub_number(masked)) == []


@pytest.mark.parametrize(
    "dressed",
    [
        PHONE,
        "+86 199-0000-1234",
        "199 0000 1234",
        "１９９００００１２３４",
        "一九九〇〇〇〇一二三四",
    ],
)
def test_finds_mobiles(dressed: str) -> None:
    assert [leak.kind for leak in find_leaks(f"电话{dressed}。")] == ["phone"]


def test_finds_cards_and_has_no_value() -> None:
    leaks = find_leaks(f"付至{VALID_CARD}")
    assert [leak.kind for leak in leaks] == ["card"]
    assert VALID_CARD not in repr(leaks)


@pytest.mark.parametrize(
    "text",
    [
        "914403001922038216",
        "91110108551385082Q",
        "9138010013900001234",
        "罚款13900001234元",
        "合计19900001234.50元，1,990,000,123,400.00",
        "(2026)湘1003执1234号 郴市监罚〔2026〕12号",
        "2026-04-15T10:30:00+08:00 2026-07-15",
        "2026041510300012345678",
        "公示期2026-01-13 2026-04-13 2026-07-13",
        "3801**********1238",
        "3801********123",
        "1380***********1238",
        "王**、湘L***45",
        "0735-2345678 12345 400-800-1234",
        "GB 7718-2011 GB/T 1354-2018",
        "110108000000016",
        "许可证编号431002201905120012",
        "JY14310020012345",
        "LSVAA49J132047371",
        "a1b2c3d419900001234e5f60718293a4b5c6d7e8f9",
        "[电话已隐去]",
        "",
    ],
)
def test_silent_over_protected_tokens(text: str) -> None:
    assert find_leaks(text) == []


@given(st.binary(max_size=40))
def test_silent_over_digests(data: bytes) -> None:
    assert find_leaks(hashlib.sha256(data).hexdigest()) == []
    assert find_leaks(hashlib.md5(data, usedforsecurity=False).hexdigest()) == []


@given(
    st.from_regex(r"91[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}", fullmatch=True),
)
def test_silent_over_credit_codes(first17: str) -> None:
    assert find_leaks(first17 + uscc_check_character(first17)) == []


def test_a_phone_after_a_digest_is_found() -> None:
    digest = "ab" * 20 + "12345678901"
    assert [leak.kind for leak in find_leaks(f"{digest} {PHONE}")] == ["phone"]


PIECES = [
    ID,
    PHONE,
    VALID_CARD,
    "身份证号",
    "380101850302123",
    " ",
    "-",
    "1",
    "X",
    "*",
    "3801021985****0018",
    "380102",
    "****",
    '"',
    "，",
    "电话",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join))
def test_nothing_leaks_from_scrubbed_text(text: str) -> None:
    assert find_leaks(scrub(text)) == []
    assert find_leaks(scrub_number(text)) == []
