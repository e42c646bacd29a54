from datetime import timedelta
from pathlib import Path

import pytest

from portal import clock
from portal.cli import main
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


def test_secrets_do_not_show_in_settings(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("PORTAL_REGISTRY_URL", "postgresql://portal:hunter2@127.0.0.1/portal")
    assert main(["settings"]) == 0
    out = capsys.readouterr().out
    assert "hunter2" not in out
    assert "PORTAL_VAR=" in out


def test_bad_usage_exits_with_two() -> None:
    for arguments in ([], ["fly"], ["publish", "--today", "tomorrow"]):
        with pytest.raises(SystemExit) as leaving:
            main(arguments)
        assert leaving.value.code == 2
