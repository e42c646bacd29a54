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
    links = SubjectLinks([(code, "")], [("110108000000016", code)])
    expected = links.entity_key(record(uscc=code))
    assert links.entity_key(record(2, org_code=identifiers.org_code_of(code))) == expected
    assert links.entity_key(record(3, registration="110108000000016")) == expected
    assert links.entity_key(record(4, uscc=world.uscc(2))) != expected


def test_a_code_that_leads_to_two_is_not_guessed_at() -> None:
    one, other = world.uscc(1), world.uscc(1, region="380103")
    links = SubjectLinks([(one, ""), (other, "")], [])
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


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16))
def test_public_ids_are_stable_and_say_nothing(secret: bytes, key: bytes) -> None:
    ids = PublicIds(secret)
    assert ids.record(key) == PublicIds(secret).record(key)
    assert ids.record(key) != ids.entity(key)
    assert ids.record(key) != PublicIds(secret[::-1] + b"x").record(key)
    assert len(ids.record(key)) == 24
    assert ids.record(key).isalnum()


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret.key"
    secret = load_secret(path)
    assert load_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("short", encoding="ascii")
    with pytest.raises(SettingError, match="PORTAL_SECRET_FILE"):
        load_secret(path)
