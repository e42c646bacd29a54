import os
import stat
from collections.abc import Collection
from pathlib import Path

import pytest
from sqlalchemy import Connection

from portal.errors import GateError, RegistryError
from portal.intake import ingest as ingest_module
from portal.intake.rejection_list import RejectionList, sweep
from portal.records import Rejection
from tests import world
from tests.conftest import Portal

FAULTY = [world.penalty(1, CF_JDRQ="x"), world.penalty(2)]


def names(portal: Portal) -> list[str]:
    folder = portal.settings.rejections_path
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_the_list_gets_its_name_once_the_delivery_is_in(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    close = RejectionList.close

    def look(self: RejectionList) -> None:
        close(self)
        seen.append(names(portal))

    monkeypatch.setattr(RejectionList, "close", look)
    report = portal.ingest(FAULTY)
    assert seen == [[".1.csv"]]
    assert names(portal) == ["1.csv"]
    assert report.rejections == portal.settings.rejections_path / "1.csv"
    assert stat.S_IMODE(report.rejections.stat().st_mode) == 0o600


def test_without_a_refused_row_there_is_no_list(portal: Portal) -> None:
    assert portal.ingest([world.penalty()]).rejections is None
    assert names(portal) == []


def test_a_delivery_that_is_rolled_back_leaves_no_list(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise GateError("不相符")

    monkeypatch.setattr(ingest_module, "_check_counts", refuse)
    with pytest.raises(GateError):
        portal.ingest(FAULTY)
    assert names(portal) == []


def test_a_delivery_that_cannot_be_committed_leaves_no_list(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Connection) -> None:
        raise RegistryError("磁盘已满")

    with monkeypatch.context() as failing:
        failing.setattr(Connection, "_commit_impl", fail)
        with pytest.raises(RegistryError):
            portal.ingest(FAULTY)
    assert "1.csv" not in names(portal)
    portal.ingest([world.penalty()], "next.csv")
    assert names(portal) == []


def test_a_list_left_aside_by_a_crash_after_the_commit_is_not_lost(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: RejectionList) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(RejectionList, "keep", die)
        with pytest.raises(KeyboardInterrupt):
            portal.ingest(FAULTY)
    assert names(portal) == [".1.csv"]
    portal.ingest([world.penalty(2)], "next.csv")
    assert names(portal) == ["1.csv"]


def test_a_list_of_a_delivery_that_never_was_is_removed(portal: Portal) -> None:
    folder = portal.settings.rejections_path
    folder.mkdir(parents=True)
    for name in (".1.csv", ".7.csv", ".keep", "7.csv"):
        (folder / name).write_text("", encoding="ascii")
    portal.ingest([world.penalty()])
    assert names(portal) == [".keep", "7.csv"]


def test_another_process_may_have_named_the_list(tmp_path: Path) -> None:
    def taken(ids: Collection[int]) -> set[int]:
        return set(ids)

    refused = RejectionList(tmp_path, 3)
    refused.add(Rejection(2, "备注", "内容过长"))
    refused.close()
    sweep(tmp_path, taken)
    assert refused.keep() == tmp_path / "3.csv"
    assert os.listdir(tmp_path) == ["3.csv"]  # noqa: PTH208


def test_a_file_where_the_folder_should_be_refuses_the_delivery(portal: Portal) -> None:
    portal.settings.rejections_path.write_text("", encoding="ascii")
    with pytest.raises(FileExistsError):
        portal.ingest(FAULTY)
    with portal.registry.reading() as reader:
        assert (reader.count(), reader.delivery_count()) == (0, 0)
    assert portal.ingest([world.penalty()]).counts.new == 1
