"""Two commands at once: one waits, or is refused in one clear line. Nothing is half done."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from portal.errors import RegistryError
from portal.intake import registry as registry_module
from portal.intake.registry import Registry
from tests.faults.site import Site


def test_a_registry_locked_by_another_process_is_waited_for_then_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert registry_module.BUSY_SECONDS >= 5
    monkeypatch.setattr(registry_module, "BUSY_SECONDS", 0.2)
    with closing(sqlite3.connect(site.var / "registry.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        address = f"sqlite:///{site.var / 'registry.sqlite'}"
        with Registry(address) as registry:
            with pytest.raises(RegistryError, match="正被另一个进程使用"), registry.delivery():
                pass
            with registry.reading() as reader:  # who only reads does not wait
                assert reader.count() == 24
        other.execute("ROLLBACK")


def test_who_waits_for_the_registry_gets_it(site: Site) -> None:
    source = str(site.folder / "next.csv")
    with closing(sqlite3.connect(site.var / "registry.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        process = site.start("ingest", source)
        with pytest.raises(Exception, match="timed out"):
            process.wait(timeout=2)
        other.execute("ROLLBACK")
        assert process.wait(timeout=60) == 0
        process.communicate()
    site.check_whole()


def test_a_publish_goes_on_while_the_registry_is_written_to(site: Site) -> None:
    with closing(sqlite3.connect(site.var / "registry.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM deliveries WHERE 0")
        site.succeed("publish")
        other.execute("ROLLBACK")


@pytest.mark.parametrize(
    "arguments", [["publish"], ["prune"], ["activate", "{live}"]], ids=lambda a: a[0]
)
def test_who_comes_second_is_refused(site: Site, arguments: list[str]) -> None:
    live = site.store.current_id()
    with site.store.exclusive():
        done = site.run(*(argument.format(live=live) for argument in arguments))
    assert done.code == 3
    assert done.err.strip().splitlines()[-1] == "另一次发布或清理正在进行，请稍后再试"
    assert site.store.current_id() == live
    assert site.leftovers() == []


def test_two_publishes_and_two_deliveries_at_once(site: Site) -> None:
    source = str(site.folder / "next.csv")
    commands = (["ingest", source], ["publish"], ["ingest", source], ["publish"])
    processes = [site.start(*command) for command in commands]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    for command, (_, err, code) in zip(commands, ended, strict=True):
        assert code == 0 or (command == ["publish"] and code == 3), err
        assert "Traceback" not in err
    assert 0 in (ended[1][2], ended[3][2])
    site.check_whole()
    site.next_run()
    assert len(site.contents()) == 30


def test_the_lock_of_a_publish_that_was_killed_is_free(site: Site) -> None:
    assert site.run("publish", struck="stage:3").code == -signal.SIGKILL
    site.succeed("publish")
    assert site.leftovers() == []


def test_a_key_left_aside_by_a_run_that_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for step in range(1, 12):
        site.run("publish", struck=f"kill:{step}")
    site.succeed("publish")
    assert len(site.store.ids()) >= 1
