import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import identifiers
from portal.errors import SettingError
from portal.publish.identity import PublicIds, SubjectLinks, load_secret
from portal.records import StoredRecord, Subject, SubjectKind
from tests import world


def record(key: int = 1, **subject: str) -> StoredRecord:
    values = {"name": "澄州市蓝穗食品有限公司"} | subject
    kind = SubjectKind(values.pop("kind", "organization"))
    about = Subject(kind=kind, **values)
    return StoredRecord(bytes([key]) * 16, "penalty", about, {}, world.TODAY, 1)


def test_old_codes_lead_to_the_credit_code_that_holds_them() -> None:
    code = world.uscc(1)
    links = SubjectLinks([code], [("110108000000016", code)])
    expected = links.entity_key(record(uscc=code))
    assert links.entity_key(record(2, org_code=identifiers.org_code_of(code))) == expected
    assert links.entity_key(record(3, registration="110108000000016")) == expected
    assert links.entity_key(record(4, uscc=world.uscc(2))) != expected


def test_a_code_that_leads_to_two_is_not_guessed_at() -> None:
    one, other = world.uscc(1), world.uscc(1, region="380103")
    links = SubjectLinks([one, other], [])
    old = links.entity_key(record(org_code=identifiers.org_code_of(one)))
    assert old not in (links.entity_key(record(uscc=one)), links.entity_key(record(uscc=other)))


def test_nobody_is_merged_by_name() -> None:
    links = SubjectLinks([], [])
    assert links.entity_key(record(1)) != links.entity_key(record(2))
    one, other = world.uscc(1), world.uscc(2)
    assert links.entity_key(record(1, uscc=one)) != links.entity_key(record(1, uscc=other))


def test_persons_meet_by_name_and_number_only() -> None:
    links = SubjectLinks([], [])

    def key(n: int, name: str, number: str) -> bytes:
        return links.entity_key(record(n, kind="person", name=name, id_number=number))

    number = world.id_number(1)
    assert key(1, "佟晓岚", number) == key(2, "佟晓岚", number)
    assert key(1, "佟晓岚", number) != key(1, "佟晓澜", number)
    assert key(1, "佟晓岚", number) != key(1, "佟晓岚", world.id_number(2))
    assert key(1, "佟晓岚", "3801021985****0018") != key(2, "佟晓岚", "3801021985****0018")
    assert key(1, "佟晓岚", "") != key(2, "佟晓岚", "")
    assert key(1, "佟晓岚", "130503670401001") == key(2, "佟晓岚", "130503196704010016")


@pytest.mark.parametrize(
    ("id_type", "number", "meet"),
    [
        ("", "未知", False),
        ("", "0", False),
        ("", "3801021985XXXX0018", False),
        ("", "E12345673", False),
        ("", "380102198504120011", False),
        ("", world.id_number(1), True),
        ("身份证", "130503670401001", True),
        ("护照", "E12345673", True),
        ("护照", "12", False),
        ("护照", "不详", False),
        ("港澳居民来往内地通行证", "H12345678", True),
        ("港澳居民来往内地通行证", "12345", False),
        ("台湾居民来往大陆通行证", "12345678", True),
        ("台胞证", "0", False),
        ("其他证件", "12345678", False),
    ],
)
def test_only_a_valid_number_makes_two_records_one_person(
    id_type: str, number: str, meet: bool
) -> None:
    links = SubjectLinks([], [])
    keys = {
        links.entity_key(record(n, kind="person", name="裘望舒", id_type=id_type, id_number=number))
        for n in (1, 2)
    }
    assert len(keys) == (1 if meet else 2)


A, B, C, D = (world.uscc(n) for n in (1, 2, 3, 4))


def key(links: SubjectLinks, uscc: str) -> bytes:
    return links.entity_key(record(uscc=uscc))


def test_a_chain_of_former_codes_ends_at_its_last() -> None:
    links = SubjectLinks([A, B, C], [(A, B), (B, C)])
    assert key(links, A) == key(links, B) == key(links, C)
    old = identifiers.org_code_of(A)
    assert links.credit_code(record(org_code=old).subject) == C
    assert links.credit_code(record(uscc=A).subject) == C


def test_codes_that_declare_each_other_stay_apart() -> None:
    links = SubjectLinks([A, B], [(A, B), (B, A)])
    assert key(links, A) != key(links, B)
    assert links.credit_code(record(uscc=A).subject) == A
    three = SubjectLinks([], [(A, B), (B, C), (C, A), (D, A), ("110108000000016", A)])
    assert len({key(three, code) for code in (A, B, C)}) == 3
    assert key(three, D) == key(three, A)
    assert three.credit_code(record(registration="110108000000016").subject) == A


def test_a_living_code_is_nobody_s_former_one() -> None:
    slip = [(B, A), (identifiers.org_code_of(B), A), (C, A)]
    codes = [A, B, C]
    links = SubjectLinks(codes, slip, living={A, B})
    assert key(links, B) != key(links, A)
    assert links.credit_code(record(org_code=identifiers.org_code_of(B)).subject) == B
    assert key(links, C) == key(links, A)


def test_a_code_may_declare_itself() -> None:
    links = SubjectLinks([A], [(A, A), (identifiers.org_code_of(A), A)], living={A})
    assert links.credit_code(record(uscc=A).subject) == A
    assert links.credit_code(record(org_code=identifiers.org_code_of(A)).subject) == A


@given(st.lists(st.tuples(st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D]))))
def test_any_declarations_lead_to_one_end(pairs: list[tuple[str, str]]) -> None:
    links = SubjectLinks((A, B, C, D), pairs)
    for code in (A, B, C, D):
        end = links.credit_code(record(uscc=code).subject)
        assert links.credit_code(record(uscc=end).subject) == end


def test_a_personal_name_under_a_company_s_code_stays_apart() -> None:
    links = SubjectLinks([A], [])
    company, person = record(1, uscc=A), record(2, uscc=A, name="裘望舒")
    assert links.entity_key(company) != links.entity_key(person)
    assert links.entity_key(person) == links.entity_key(record(3, uscc=A, name="裘望舒"))


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16))
def test_public_ids_are_stable_and_say_nothing(secret: bytes, key: bytes) -> None:
    ids = PublicIds(secret)
    assert ids.record(key) == PublicIds(secret).record(key)
    assert ids.record(key) != ids.entity(key)
    assert ids.record(key) != PublicIds(secret[::-1] + b"x").record(key)
    assert len(ids.record(key)) == 24
    assert len(base64.b32decode(ids.record(key).upper())) == 15
    assert ids.record(key).isalnum()


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret.key"
    secret = load_secret(path)
    assert load_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("short", encoding="ascii")
    with pytest.raises(SettingError, match="PORTAL_SECRET_FILE"):
        load_secret(path)
