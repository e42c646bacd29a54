"""Keys of institutions: shown once, kept as digests, taken back at once."""

import os
import re
import stat
from pathlib import Path

import pytest

from portal.cli import main
from portal.errors import InstitutionError, UnavailableError
from portal.institutions import HEADER, add_institution, holder, read_institutions
from tests import world

NAME = "市公共资源交易中心"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "keys.tsv"


def test_a_key_opens_for_its_institution_and_for_nobody_else(path: Path) -> None:
    keys = {name: add_institution(path, name, world.TODAY) for name in (NAME, "县政务服务中心")}
    known = read_institutions(path)
    assert {name: holder(known, key) for name, key in keys.items()} == {n: n for n in keys}
    for wrong in ("", keys[NAME][:-1], keys[NAME] + "x", keys[NAME].swapcase(), "密钥", "\udc80"):
        assert holder(known, wrong) == ""
    for digest in (one.digest for one in known):
        assert holder(known, digest) == ""  # what stands in the file opens nothing


def test_the_file_holds_no_key_and_is_its_owners(path: Path) -> None:
    key = add_institution(path, NAME, world.TODAY)
    assert len(key) == 43  # 256 bits
    assert key not in path.read_text(encoding="utf-8")
    umask = os.umask(0o077)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640 & ~umask
    path.chmod(0o640)  # the operator lets the website's group read it
    add_institution(path, "县政务服务中心", world.TODAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "a\tb", "字" * 101])
def test_what_is_no_name_gets_no_key(path: Path, name: str) -> None:
    with pytest.raises(InstitutionError):
        add_institution(path, name, world.TODAY)
    assert not path.exists()


def test_a_damaged_file_is_said_to_be_damaged(path: Path) -> None:
    add_institution(path, NAME, world.TODAY)
    for content in (b"\xff\xfe", path.read_bytes()[:40], path.read_bytes() + b"and more\n"):
        path.write_bytes(content)
        with pytest.raises(UnavailableError):
            read_institutions(path)
        with pytest.raises(UnavailableError):
            add_institution(path, "县政务服务中心", world.TODAY)
        assert path.read_bytes() == content
        path.write_bytes(b"")
        add_institution(path, NAME, world.TODAY)


def test_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_KEYS_FILE", str(tmp_path / "keys" / "institutions"))
    assert main(["keys", "list"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["keys", "add", NAME]) == 0
    key = re.findall(rf"^{HEADER}: (\S+)$", capsys.readouterr().out, re.MULTILINE)[0]
    assert holder(read_institutions(tmp_path / "keys" / "institutions"), key) == NAME
    assert main(["keys", "list"]) == 0
    out = capsys.readouterr().out
    assert NAME in out
    assert key not in out
    assert main(["keys", "add", NAME]) == 2
    assert "已有密钥" in capsys.readouterr().err
    assert main(["keys", "remove", NAME]) == 0
    assert main(["keys", "remove", NAME]) == 2
    assert "没有密钥" in capsys.readouterr().err
    assert read_institutions(tmp_path / "keys" / "institutions") == ()
