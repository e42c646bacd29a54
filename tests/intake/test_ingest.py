import csv
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import OperationalError

from portal.errors import RegistryError, SourceError
from portal.intake import ingest as ingest_module
from portal.intake.delivery import StoreCounts
from portal.intake.record_store import RecordStore, Stored
from portal.intake.registry import Registry
from portal.intake.registry_tables import deliveries, records, versions
from portal.records import ValidRecord
from tests import world
from tests.conftest import Portal


def count(portal: Portal) -> tuple[int, int, int]:
    """Deliveries, records and versions in the registry."""
    with sqlite3.connect(portal.settings.var_path / "registry.sqlite") as connection:
        tables = ("deliveries", "records", "versions")
        counts = [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables]  # noqa: S608
    connection.close()
    return counts[0], counts[1], counts[2]


def test_read_is_accepted_and_rejected(portal: Portal) -> None:
    rows = [world.penalty(n) for n in range(1, 4)]
    rows[1]["CF_JDRQ"] = "2026-02-30"
    report = portal.ingest(rows)
    assert (report.rows_read, report.counts.new, report.rejected) == (3, 2, 1)
    assert report.unknown == ("CF_ZDRZJ",)
    assert report.rejections is not None
    with report.rejections.open(encoding="utf-8-sig", newline="") as stream:
        refused = list(csv.DictReader(stream))
    assert refused == [{"line": "3", "field": "处罚决定日期", "reason": "日期不存在"}]
    assert stat.S_IMODE(report.rejections.stat().st_mode) == 0o600


def test_the_same_file_twice_changes_nothing(portal: Portal) -> None:
    rows = [world.penalty(n) for n in range(1, 6)]
    first = portal.ingest(rows)
    again = portal.ingest(rows)
    assert first.counts == StoreCounts(new=5)
    assert again.counts == StoreCounts(unchanged=5)
    assert count(portal) == (2, 5, 5)


def test_a_changed_row_is_a_new_version_and_the_old_one_stays(portal: Portal) -> None:
    portal.ingest([world.penalty(1), world.penalty(2)])
    changed = world.penalty(1, CF_WSH="澄市监罚[2026]1号", CF_NR="罚款3000元", CF_NR_FK="0.3")
    report = portal.ingest([changed, world.penalty(2)])
    assert report.counts == StoreCounts(updated=1, unchanged=1)
    assert count(portal) == (2, 2, 3)
    with portal.registry.reading() as reader:
        current = {r.values["document_number"]: r for r in reader.newest_first()}
    assert current["澄市监罚[2026]1号"].values["fine"] == "0.3"
    assert current["澄市监罚[2026]1号"].version == 2


def test_repeats_inside_one_file(portal: Portal) -> None:
    one, other = world.penalty(1), world.penalty(1, CF_NR="罚款3000元")
    report = portal.ingest([one, one, other, other])
    assert (report.counts, report.rejected) == (StoreCounts(new=1, unchanged=1), 2)
    assert count(portal) == (1, 1, 1)
    again = portal.ingest([one])
    assert again.counts == StoreCounts(unchanged=1)


def test_a_row_that_goes_back_is_a_version_of_its_own(portal: Portal) -> None:
    one, other = world.penalty(1), world.penalty(1, CF_NR="罚款3000元")
    for rows in ([one], [other], [one]):
        portal.ingest(rows)
    assert count(portal) == (3, 1, 3)


def test_batches_of_any_size_give_the_same_registry(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [world.penalty(n % 7, CF_NR=f"罚款{n % 3}000元") for n in range(40)]
    monkeypatch.setattr(ingest_module, "BATCH", 1)
    single = portal.ingest(rows, "single.csv").counts
    first = count(portal)
    monkeypatch.setattr(ingest_module, "BATCH", 1_000)
    again = portal.ingest(rows, "again.csv").counts
    assert (single.new, single.updated) == (7, 0)
    assert first[1:] == (7, 7)
    assert again == StoreCounts(unchanged=single.new + single.unchanged)


def test_the_registry_is_private(portal: Portal) -> None:
    portal.ingest([world.penalty()])
    for path in portal.settings.var_path.glob("registry.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_crash_in_the_middle_leaves_nothing(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.ingest([world.penalty(1)])
    before = count(portal)
    monkeypatch.setattr(ingest_module, "BATCH", 2)
    calls = []

    def store(self: RecordStore, batch: list[ValidRecord]) -> Stored:
        calls.append(len(batch))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, batch)

    real = RecordStore.store
    monkeypatch.setattr(RecordStore, "store", store)
    with pytest.raises(KeyboardInterrupt):
        portal.ingest(
            [world.penalty(n, CF_JDRQ="x" if n == 12 else "2026-06-01") for n in range(10, 20)]
        )
    assert calls == [2, 2, 2]
    assert count(portal) == before
    assert list(portal.settings.rejections_path.glob("*")) == []


def test_a_file_that_breaks_off_leaves_nothing(portal: Portal) -> None:
    rows = [world.debtor(n) for n in range(1, 4)]
    path = world.write_jsonl(portal.folder / "debtors.json", rows)
    whole = path.read_text(encoding="utf-8").strip().replace("\n", ",\n")
    path.write_text(f"[{whole}"[:-40], encoding="utf-8")
    with pytest.raises(SourceError, match=r"debtors\.json"):
        portal.ingest_path(path)
    assert count(portal) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(64)),
        ("cut.xlsx", b"PK\x03\x04" + bytes(200)),
        ("empty.csv", b""),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)),
        ("utf16.csv", "CF_XDR_MC,CF_WSH\n".encode("utf-16")),
        ("prose.csv", "这不是表格，只是一段话。\n第二行。\n".encode()),
    ],
)
def test_a_file_that_is_no_such_thing_gets_one_clear_error(
    portal: Portal, name: str, content: bytes
) -> None:
    path = portal.folder / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as refusal:
        portal.ingest_path(path)
    assert name.split(".", maxsplit=1)[0] in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert count(portal) == (0, 0, 0)


def test_a_locked_registry_is_a_clear_error(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.intake.registry.BUSY_SECONDS", 0)
    other = sqlite3.connect(portal.settings.var_path / "registry.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with Registry(portal.settings.registry_address) as registry:
            portal.registry = registry
            with pytest.raises(RegistryError, match="另一个进程"):
                portal.ingest([world.penalty()])
    finally:
        other.close()
    assert count(portal) == (0, 0, 0)


def test_reading_does_not_wait_for_a_delivery(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    with portal.registry.reading() as reader:
        assert reader.count() == 1
        portal.ingest([world.penalty(2)])
        assert reader.count() == 1
        assert [r.values["document_number"] for r in reader.newest_first()] == [
            "澄市监罚〔2026〕1号"
        ]
    with portal.registry.reading() as reader:
        assert reader.count() == 2
        assert reader.delivery_count() == 2


def test_an_unusable_address_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="PORTAL_REGISTRY_URL"):
        Registry("no such thing")
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="ascii")
    with pytest.raises(RegistryError, match="无法打开"):
        Registry(f"sqlite:///{blocked}/registry.sqlite")
    (tmp_path / "junk.sqlite").write_bytes(os.urandom(4096))
    with pytest.raises(RegistryError, match="登记库"):
        Registry(f"sqlite:///{tmp_path}/junk.sqlite")


def test_deliveries_keep_their_counts(portal: Portal) -> None:
    portal.ingest([world.penalty(1), world.penalty(2, CF_JDRQ="x")])
    with portal.registry.reading() as reader:
        row = reader._connection.execute(select(deliveries)).one()
        assert (row.rows_read, row.rows_new, row.rows_rejected) == (2, 1, 1)
        assert len(row.digest) == 64
        total = reader._connection.scalar(select(func.count()).select_from(versions))
        assert total == reader._connection.scalar(select(func.count()).select_from(records)) == 1


def test_keys_of_later_objects_that_nobody_knows_are_reported(portal: Portal) -> None:
    rows = [world.debtor(n) for n in range(1, 4)]
    rows[1]["creditor"] = "甲"
    rows[2] |= {"caseCode": "", "寄送地址": "乙"}
    path = world.write_jsonl(portal.folder / "debtors.jsonl", rows)
    report = portal.ingest_path(path)
    assert report.unknown == ("creditor", "寄送地址")
    assert report.rejected == 1, "also of a row that is rejected"


def test_headings_are_shown_without_what_may_be_a_persons_number(portal: Portal) -> None:
    number = world.id_number(5)
    row = world.penalty() | {number: "甲", f"备{number}": "乙", "换\u202e行": "丙"}
    del row["CF_ZDRZJ"]
    assert portal.ingest([row]).unknown == ("***", "备***", "换?行")


def test_a_name_that_is_no_text_is_stored_safely(portal: Portal) -> None:
    path = portal.folder / os.fsdecode(b"\xb4\xa6\xb7\xa3.csv")
    world.write_csv(path, [world.penalty()])
    report = portal.ingest_path(path)
    assert report.counts.new == 1
    assert report.file_name.encode().isascii()
    with portal.registry.reading() as reader:
        names = list(reader._connection.scalars(select(deliveries.c.file_name)))
    assert names == ["\\xb4\\xa6\\xb7\\xa3.csv"]


def test_a_registry_of_an_earlier_version_is_brought_up_to_date(portal: Portal) -> None:
    with sqlite3.connect(portal.settings.var_path / "registry.sqlite") as old:
        old.execute("DROP TABLE late_rows")
        query = "SELECT sql FROM sqlite_master WHERE name = 'events'"
        made = old.execute(query).fetchone()[0].splitlines()
        old.execute("DROP TABLE events")
        old.execute("\n".join(line for line in made if "record_id" not in line))
    old.close()
    with Registry(portal.settings.registry_address) as portal.registry:
        report = portal.ingest([world.penalty() | {"CF_ZT": "已修复"}])
        assert report.counts.new == 1
        assert portal.publish().withheld == {"repaired": 1}


def test_only_the_registrys_own_failures_are_called_so(portal: Portal) -> None:
    portal.ingest([world.penalty()])
    other = create_engine("sqlite://")
    with (
        pytest.raises(OperationalError, match="nowhere"),
        portal.registry.reading() as reader,
        other.connect() as connection,
    ):
        assert reader.count() == 1
        connection.execute(text("SELECT * FROM nowhere"))
    other.dispose()
    with pytest.raises(RegistryError, match="登记库"), portal.registry.reading() as reader:
        reader._connection.execute(text("SELECT * FROM nowhere"))
    with pytest.raises(RegistryError, match="登记库"), portal.registry.delivery() as delivery:
        delivery.connection.execute(text("SELECT * FROM nowhere"))


def test_a_registry_damaged_under_a_reader_is_a_clear_error(portal: Portal) -> None:
    portal.ingest([world.penalty(n) for n in range(300)])
    with sqlite3.connect(portal.settings.var_path / "registry.sqlite") as direct:
        direct.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        direct.execute("UPDATE versions SET fields = x'00'")
        direct.execute("DROP TABLE versions")
    direct.close()
    with pytest.raises(RegistryError, match="登记库"), portal.registry.reading() as reader:
        list(reader.newest_first())


def test_credit_codes_are_added_to_a_registry_of_an_earlier_version(portal: Portal) -> None:
    portal.ingest([world.penalty(1), world.penalty(2, CF_XDR_SHXYM=world.uscc(2))])
    portal.ingest([world.penalty(1, CF_XDR_SHXYM=world.uscc(1), CF_NR="警告")], "later.csv")
    with closing(sqlite3.connect(portal.settings.var_path / "registry.sqlite")) as connection:
        for statement in (
            "DROP INDEX ix_records_uscc",
            "ALTER TABLE records DROP COLUMN uscc",
        ):
            connection.execute(statement)
        connection.commit()
    with Registry(portal.settings.registry_address) as registry, registry.reading() as reader:
        assert set(reader.credit_codes()) == {world.uscc(1), world.uscc(2)}
    portal.ingest([world.penalty(3, CF_XDR_SHXYM=world.uscc(3))], "more.csv")
    with portal.registry.reading() as reader:
        assert set(reader.credit_codes()) == {world.uscc(n) for n in (1, 2, 3)}


def test_a_view_is_not_touched_by_a_delivery_that_comes_meanwhile(portal: Portal) -> None:
    portal.ingest([world.penalty(1)])
    with portal.registry.reading() as reader:
        codes = list(reader.credit_codes())
        portal.ingest([world.penalty(2, CF_XDR_SHXYM=world.uscc(2))], "more.csv")
        assert (list(reader.credit_codes()), reader.count()) == (codes, 1)
        assert [part for parts in reader.states(10) for part in parts] == [(1, 2)]
