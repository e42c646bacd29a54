import hmac
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import identifiers
from portal.errors import SettingError
from portal.key_file import KEY_BYTES
from portal.person_key import (
    NOBODY,
    fold_person_name,
    load_person_key,
    name_digest,
    person_key,
    read_person_key,
)
from tests import world

SECRET = bytes(range(KEY_BYTES))
NAME = "阿依努尔·玉素甫江"
NUMBER = next(n for n in map(world.id_number, range(1, 99)) if n.endswith("X"))
OLD = "380102850412003"


def key(name: str = NAME, number: str = NUMBER) -> bytes | None:
    return person_key(SECRET, name, number)


def test_the_hash_is_stable_for_a_key() -> None:
    found = person_key(SECRET, "佟晓岚", world.id_number(3))
    assert found is not None
    assert found.hex() == "d016d7fd6244ef2b04501f85d6e0c04c92878e637cb79baf7d68a261c4ec8a4a"
    assert person_key(SECRET[::-1], "佟晓岚", world.id_number(3)) != found


@pytest.mark.parametrize(
    "number",
    [
        NUMBER.lower(),
        f" {NUMBER[:6]} {NUMBER[6:14]}\u3000{NUMBER[14:]}\t",
        f"{NUMBER[:6]}-{NUMBER[6:14]}-{NUMBER[14:]}",
        "".join(chr(ord(c) + 0xFEE0) for c in NUMBER),
        "".join(chr(ord(c) + 0xFEE0) for c in NUMBER.lower()),
        f"\ufeff{NUMBER[:9]}\u200b{NUMBER[9:]}",
    ],
)
def test_one_number_in_any_spelling(number: str) -> None:
    assert key(number=number) == key() is not None


def test_a_number_of_the_first_generation_is_its_present_one() -> None:
    assert key(number=OLD) == key(number=identifiers.upgrade_old_id(OLD)) is not None


@pytest.mark.parametrize("dot", "•・･‧∙⋅ᐧ᛫⸱.．\u0387")
def test_one_name_with_any_middle_dot(dot: str) -> None:
    assert key(NAME.replace("·", dot)) == key() is not None


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (" 佟 晓\u3000岚\n", "佟晓岚"),
        ("\u202e佟\u200b晓\ufeff岚\u00ad\x7f", "佟晓岚"),
        ("葛\U000e0101飾\ufe00", "葛飾"),
        ("ａｎｎａ", "ANNA"),
        ("Zoe\u0301 Li", "ZOÉLI"),
        ("\U00020bb7田", "\U00020bb7田"),
    ],
)
def test_one_name_in_any_spelling(written: str, plain: str) -> None:
    assert fold_person_name(written) == plain
    assert key(written) == key(plain)


@pytest.mark.parametrize("other", ["佟晓兰", "佟晓", "佟晓岚岚", "佟曉嵐", "佟**", ""])
def test_other_names_are_other_persons(other: str) -> None:
    assert key(other) != key("佟晓岚")


@pytest.mark.parametrize(
    "number",
    [
        "",
        NUMBER[:17],
        NUMBER[:17] + "0",
        f"{NUMBER[:4]}**********{NUMBER[-4:]}",
        f"{NUMBER[:10]}****{NUMBER[-4:]}",
        "431023201002290010",
        "3.80102E+17",
        "E12345678",
        "110108000000016",
        world.uscc(1),
    ],
)
def test_what_is_no_citizens_number_has_no_hash(number: str) -> None:
    assert key(number=number) is None


def test_invalid_numbers_cost_the_same_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    digest = hmac.digest

    def counted(secret: bytes, message: bytes, algorithm: str) -> bytes:
        calls.append(len(message))
        return digest(secret, message, algorithm)

    monkeypatch.setattr(hmac, "digest", counted)
    for number in (NUMBER, OLD, NUMBER[:17], "*", ""):
        calls.clear()
        key(number=number)
        assert len(calls) == 1, number


@given(st.text(), st.text())
def test_any_text_folds_once_and_hashes(name: str, other: str) -> None:
    folded = fold_person_name(name)
    assert fold_person_name(folded) == folded
    assert not any(c.isspace() or c == "\0" for c in folded)
    assert (key(name) == key(other)) == (folded == fold_person_name(other))
    assert (name_digest(SECRET, name) == name_digest(SECRET, folded)) is True
    assert key(name) != NOBODY


def test_a_lone_surrogate_is_a_name_like_any_other() -> None:
    assert key("\ud800") is not None


def test_the_digest_of_a_name_is_not_the_hash_of_a_person() -> None:
    assert name_digest(SECRET, NAME) != name_digest(SECRET[::-1], NAME)
    assert bytes.fromhex(name_digest(SECRET, NAME)) != key()
    assert NAME not in name_digest(SECRET, NAME)


def test_the_key_is_made_once_and_only_by_loading(tmp_path: Path) -> None:
    path = tmp_path / "var" / "person.key"
    assert read_person_key(path) is None
    assert list(tmp_path.iterdir()) == []
    made = load_person_key(path)
    assert len(made) == KEY_BYTES
    assert stat.S_IMODE(path.stat().st_mode) & 0o727 == 0o600  # its group may read it
    assert load_person_key(path) == read_person_key(path) == made
    assert [p.name for p in path.parent.iterdir()] == ["person.key"]
    assert load_person_key(tmp_path / "other.key") != made


def test_a_key_that_another_process_just_made_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "person.key"

    def other_first(_: int) -> bytes:
        path.write_text("ab" * KEY_BYTES)
        return bytes(KEY_BYTES)

    monkeypatch.setattr("os.urandom", other_first)
    assert load_person_key(path) == b"\xab" * KEY_BYTES
    assert [p.name for p in tmp_path.iterdir()] == ["person.key"]


@pytest.mark.parametrize("content", ["", "ab", "xyz", "é"])
def test_a_damaged_key_is_refused_by_both_sides(tmp_path: Path, content: str) -> None:
    path = tmp_path / "person.key"
    path.write_text(content, encoding="utf-8")
    for read in (load_person_key, read_person_key):
        with pytest.raises(SettingError, match="PORTAL_PERSON_KEY_FILE"):
            read(path)


def test_a_key_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="PORTAL_PERSON_KEY_FILE"):
        load_person_key(tmp_path / "file" / "person.key")
