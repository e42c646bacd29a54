import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.cli import main
from portal.config import SETTINGS
from tests import world


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_VAR", str(tmp_path / "var"))


Capture = pytest.CaptureFixture[str]


def test_from_file_to_snapshot(tmp_path: Path, capsys: Capture) -> None:
    path = world.write_csv(tmp_path / "penalties.csv", [world.penalty(1), world.penalty(2)])
    assert main(["ingest", str(path)]) == 0
    out = capsys.readouterr().out
    assert "读取 2，新增 2，更新 0，未变 0，退回 0" in out
    assert "未采用的列：CF_ZDRZJ" in out
    assert main(["publish"]) == 0
    out = capsys.readouterr().out
    assert "登记 2 = 公示 2 + 不公示 0" in out
    assert main(["status"]) == 0
    out = capsys.readouterr().out
    assert "行政处罚：2" in out
    assert "登记库：2 条记录，1 次接收，0 个事件待匹配" in out
    assert main(["verify"]) == 0
    assert "完好" in capsys.readouterr().out
    assert main(["snapshots", "list"]) == 0
    snapshot_id = capsys.readouterr().out.split()[1]
    assert main(["activate", snapshot_id]) == 0
    assert main(["prune"]) == 0


def test_rejected_rows_matter_under_strict_only(tmp_path: Path, capsys: Capture) -> None:
    path = world.write_csv(tmp_path / "p.csv", [world.penalty(1, CF_JDRQ="x"), world.penalty(2)])
    assert main(["ingest", str(path)]) == 0
    assert main(["ingest", "--strict", str(path)]) == 1
    assert "退回的行" in capsys.readouterr().out


def test_publishing_says_whether_all_was_built(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_VAR", str(tmp_path / "var"))
    said = []
    for arguments in (["publish"], ["publish"], ["publish", "--full"]):
        assert main(arguments) == 0
        out, err = capsys.readouterr()
        said.append(out.splitlines()[0].partition("，")[2])
        assert ("增量发布" in err, "完整构建" in err) == ("增量" in said[-1], "完整" in said[-1])
    base = said[1].removeprefix("以 ").removesuffix(" 为底的增量")
    assert (said[0], said[2]) == ("完整构建", "完整构建")
    assert (tmp_path / "var" / "snapshots" / base / "manifest.json").exists()


def test_publishing_for_another_day(tmp_path: Path, capsys: Capture) -> None:
    day = clock.today()
    row = world.penalty(1, CF_JDRQ=(day - timedelta(days=30)).isoformat())
    main(["ingest", str(world.write_csv(tmp_path / "p.csv", [row]))])
    later = (day + timedelta(days=800)).isoformat()
    assert main(["publish", "--today", later]) == 0
    assert "公示期已届满" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ingest", "nowhere.csv"], "nowhere.csv"),
        (["ingest", "--class", "fines", "{file}"], "fines"),
        (["verify", "none"], "none"),
        (["activate", "none"], "none"),
    ],
)
def test_errors_are_one_clear_line(
    tmp_path: Path, capsys: Capture, arguments: list[str], message: str
) -> None:
    path = world.write_csv(tmp_path / "p.csv", [world.penalty(1)])
    assert main([argument.format(file=path) for argument in arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert message in error
    assert "Traceback" not in error


def test_a_damaged_snapshot_fails_verification(tmp_path: Path, capsys: Capture) -> None:
    main(["publish"])
    snapshot = next((tmp_path / "var" / "snapshots").glob("2*"))
    with (snapshot / "records.sqlite").open("ab") as stream:
        stream.write(b"x")
    assert main(["verify"]) == 3
    assert "records.sqlite" in capsys.readouterr().err


def test_a_wrong_setting_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("PORTAL_TRUSTED_PROXIES", "many")
    assert main(["status"]) == 2
    assert "PORTAL_TRUSTED_PROXIES" in capsys.readouterr().err


ADDRESSES = [
    "postgresql://portal:hunter2@127.0.0.1/portal", "redis://:hunter2@127.0.0.1:6379/0",
    "rediss://portal:hunter2@127.0.0.1:6379/0", "nonsense://portal:hunter2@127.0.0.1",
    "https://portal:hunter2@credit.example.cn",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_password_shows_in_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, address: str
) -> None:
    """Neither where a setting takes the address, nor in the refusal of one that does not."""
    for setting in SETTINGS:
        if setting.secret or setting.name == "SITE_ORIGIN":
            with monkeypatch.context() as environ:
                environ.setenv(setting.variable, address)
                code = main(["settings"])
                shown = capsys.readouterr()
                assert code in (0, 2)
                assert setting.variable in shown.out + shown.err
                assert "hunter2" not in shown.out + shown.err


def test_whatever_takes_an_address_of_a_service_is_secret() -> None:
    secret = {setting.name for setting in SETTINGS if setting.secret}
    assert {s.name for s in SETTINGS if re.search("URL|PASSWORD|TOKEN", s.name)} == secret


def test_bad_usage_exits_with_two() -> None:
    for arguments in ([], ["fly"], ["publish", "--today", "tomorrow"]):
        with pytest.raises(SystemExit) as leaving:
            main(arguments)
        assert leaving.value.code == 2


def run(*arguments: str | bytes, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a process of its own: its streams are real."""
    return subprocess.run(
        [sys.executable, "-m", "portal", *arguments],
        env=os.environ | environ,
        capture_output=True,
        check=False,
    )


def last_line(text: bytes) -> str:
    assert b"Traceback" not in text
    return text.decode("utf-8", "backslashreplace").strip().splitlines()[-1]


def test_a_name_that_is_no_text_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xb4\xa6\xb7\xa3.csv")
    world.write_csv(path, [world.penalty()])
    taken = run("ingest", bytes(path))
    assert taken.returncode == 0
    assert "????.csv（行政处罚）：读取 1，新增 1" in taken.stdout.decode()
    missing = run("ingest", b"\xb4.csv")
    assert missing.returncode == 2
    assert last_line(missing.stderr) == "?.csv：文件不存在"


def test_a_terminal_that_knows_no_chinese_is_no_error(tmp_path: Path) -> None:
    path = world.write_csv(tmp_path / "处罚.csv", [world.penalty(), world.penalty(2, CF_JDRQ="x")])
    narrow = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    taken = run("ingest", str(path), **narrow)
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.isascii()
    assert "读取 2，新增 1" in taken.stdout.decode("unicode-escape")
    missing = run("ingest", "nowhere.csv", **narrow)
    assert missing.returncode == 2
    assert last_line(missing.stderr) == ascii("nowhere.csv：文件不存在")[1:-1]


def test_output_that_nobody_reads_is_one_line() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        told = subprocess.run(
            [sys.executable, "-m", "portal", "settings"],
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert told.returncode == 2
    assert told.stderr.decode() == "输出在写完之前被关闭\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_output_on_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        told = subprocess.run(
            [sys.executable, "-m", "portal", "settings"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert told.returncode == 2
    assert told.stderr.decode() == "无法读写：磁盘已满\n"


def only_line(capsys: Capture) -> str:
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.endswith("…")]
    assert len(lines) == 1
    return lines[0]


def test_files_where_folders_should_be_are_one_line(tmp_path: Path, capsys: Capture) -> None:
    var = tmp_path / "var"
    var.mkdir()
    for name in ("rejections", "snapshots"):
        (var / name).write_text("", encoding="ascii")
    path = world.write_csv(tmp_path / "p.csv", [world.penalty(CF_JDRQ="x")])
    assert main(["ingest", str(path)]) == 2
    assert only_line(capsys).endswith("rejections：已有同名文件，不是目录")
    assert main(["publish"]) == 2
    assert "snapshots" in only_line(capsys)


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (OSError(28, "No space left on device", "var/x"), "var/x：磁盘已满"),
        (OSError(28, "No space left on device"), "无法读写：磁盘已满"),
        (PermissionError(13, "Permission denied", b"var/x"), "var/x：没有权限"),
        (OSError("strange"), "无法读写：OSError"),
        (
            OperationalError("INSERT", {}, Exception("database or disk is full")),
            "数据库无法读写：磁盘已满",
        ),
        (OperationalError("INSERT 佟晓岚", {}, Exception("佟晓岚")), "数据库无法读写：Exception"),
    ],
)
def test_what_the_system_refuses_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, failure: Exception, line: str
) -> None:
    def fail(_: object) -> None:
        raise failure

    monkeypatch.setattr("portal.cli.load_settings", fail)
    assert main(["status"]) == 2
    assert only_line(capsys) == line


def test_an_unknown_heading_that_is_a_number_is_not_shown(tmp_path: Path, capsys: Capture) -> None:
    number = world.id_number(7)
    path = world.write_csv(
        tmp_path / "p.csv", [world.penalty() | {number: "x", f"甲{number}": "y"}]
    )
    assert main(["ingest", str(path)]) == 0
    out = capsys.readouterr().out
    assert "未采用的列：CF_ZDRZJ、***、甲***" in out
    assert number not in out


def test_events_and_whole_lists_are_reported(tmp_path: Path, capsys: Capture) -> None:
    event = world.write_csv(tmp_path / "events.csv", [world.event("信用修复")])
    assert main(["ingest", str(event)]) == 0
    assert "（事件）：读取 1，新增 0，更新 0，未变 0，退回 1" in capsys.readouterr().out
    rows = [world.penalty(n) for n in range(1, 11)]
    path = world.write_csv(tmp_path / "penalties.csv", rows)
    assert main(["ingest", "--full", str(path)]) == 0
    assert "此前待匹配、现已生效的事件：1" in capsys.readouterr().out
    world.write_csv(path, rows[:9])
    assert main(["ingest", "--full", str(path)]) == 0
    assert "不在完整名单中、撤下的记录：1" in capsys.readouterr().out
    world.write_csv(path, rows[:3])
    assert main(["ingest", "--full", str(path)]) == 3
    assert "--accept-shrink" in only_line(capsys)
    assert main(["ingest", "--full", "--accept-shrink", str(path)]) == 0
    assert "撤下的记录：6" in capsys.readouterr().out
    assert main(["ingest", "--full", str(event)]) == 2
    assert "--full" in only_line(capsys)
