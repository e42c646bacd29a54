"""A publish of what has changed answers as one of everything, whatever happened in between."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.catalog import load_catalog
from portal.catalog_model import Catalog
from portal.errors import GateError
from portal.intake.registry import Registry
from portal.lookup import Lookup, SearchPage
from portal.publish import delta
from portal.publish.pruning import prune
from portal.publish.secrets import Secrets
from portal.publish.verification import verify
from portal.search_request import parse_search
from portal.snapshot_writer import SnapshotWriter
from portal.snapshots import Snapshot, SnapshotStore, read_manifest, shared_files
from tests import world
from tests.publish.test_publicity import person
from tests.publish.twins import NAMES, NUMBER, PERSON, Twins

CATALOG = load_catalog()
Step = Callable[[Twins], None]

COMPANIES = st.sampled_from([(NAMES[0], 1), (NAMES[1], 2), (NAMES[2], 3), (NAMES[0], 4)])
NUMBERS = st.integers(1, 5)
DAYS = st.integers(-500, 40).map(lambda n: str(world.TODAY + timedelta(days=n)))
KINDS = st.sampled_from(
    ["信用修复", "撤回", "屏蔽", "解除屏蔽", "停止执行", "恢复执行", "恢复公示", "异议受理",
     "异议办结", "更正"]
)  # fmt: skip
FACTS = st.sampled_from(["销售的食品标签未标明生产日期", "无证经营烟花爆竹", "使用青禾老厂的锅炉"])


@st.composite
def penalties(draw: st.DrawFn) -> world.Row:
    (name, code), day = draw(COMPANIES), draw(DAYS)
    row = world.penalty(
        draw(NUMBERS), CF_XDR_MC=name, CF_XDR_SHXYM=world.uscc(code), CF_SY=draw(FACTS),
        CF_JDRQ=min(day, str(world.TODAY)),
    )  # fmt: skip
    row["CF_ZT"] = draw(st.sampled_from(["0", "0", "0", "1"]))
    row |= {"CF_GKYJ": "", "CF_XDR_ZZJG": ""}
    who = draw(st.sampled_from(["company", "company", "old code", "person"]))
    if who == "old code":
        row |= {"CF_XDR_SHXYM": "", "CF_XDR_ZZJG": world.uscc(code)[8:17]}
    if who != "person":
        return row
    basis = draw(st.sampled_from(["", "《食品安全法》第一百一十三条"]))
    return person(row) | {"CF_GKYJ": basis}


@st.composite
def permits(draw: st.DrawFn) -> world.Row:
    name, code = draw(COMPANIES)
    start = world.TODAY + timedelta(days=draw(st.integers(-90, 0)))
    end = start + timedelta(days=draw(st.integers(1, 200)))
    return world.permit(
        draw(NUMBERS), XK_XDR_MC=name, XK_XDR_SHXYM=world.uscc(code), XK_JDRQ=str(start),
        XK_YXQZI=str(end),
    )  # fmt: skip


@st.composite
def listings(draw: st.DrawFn) -> world.Row:
    (name, code), number = draw(COMPANIES), draw(NUMBERS)
    return world.listing(number, 失信主体名称=name, 统一社会信用代码=world.uscc(code))


@st.composite
def honours(draw: st.DrawFn) -> world.Row:
    name, code = draw(COMPANIES)
    return world.honour(主体名称=name, 统一社会信用代码=world.uscc(code))


@st.composite
def assignments(draw: st.DrawFn) -> world.Row:
    (name, code), (other, former) = draw(COMPANIES), draw(COMPANIES)
    row = world.assignment(code, name, 曾用名称=draw(st.sampled_from(["", other])))
    row["曾用代码"] = draw(st.sampled_from(["", world.uscc(former), world.uscc(former)[8:17]]))
    row["状态"] = draw(st.sampled_from(["正常", "注销"]))
    return row


@st.composite
def events(draw: st.DrawFn) -> world.Row:
    (name, code), kind = draw(COMPANIES), draw(KINDS)
    changes = {"主体名称": name, "统一社会信用代码": world.uscc(code), "事件日期": draw(DAYS)}
    return world.event(kind, draw(NUMBERS), **changes)


def delivery(rows: st.SearchStrategy[world.Row], *, whole: bool = False) -> st.SearchStrategy[Step]:
    def step(found: list[world.Row]) -> Step:
        def run(twins: Twins) -> None:
            twins.ingest(found, whole=whole)

        return run

    return st.lists(rows, min_size=1, max_size=4).map(step)


def wait(days: int) -> Step:
    def run(twins: Twins) -> None:
        twins.today += timedelta(days=days)

    return run


def go_back(twins: Twins) -> None:
    store = twins.store()
    store.activate(next((i for i in store.ids() if i != store.current_id()), store.current_id()))


def clean_up(twins: Twins) -> None:
    for name in ("delta", "full"):
        prune(twins.store(name), twins.catalog, twins.today, keep=1)


STEPS = st.one_of(
    delivery(penalties()), delivery(penalties()), delivery(permits()), delivery(listings()),
    delivery(listings(), whole=True), delivery(honours()), delivery(assignments()),
    delivery(events()), st.integers(1, 400).map(wait), st.sampled_from([go_back, clean_up]),
)  # fmt: skip


@pytest.fixture
def twins(tmp_path: Path, catalog: Catalog) -> Iterator[Twins]:
    with Registry(f"sqlite:///{tmp_path}/registry.sqlite") as registry:
        yield Twins(tmp_path, catalog, registry)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=7))
def test_whatever_happens_a_delta_answers_as_a_full_build(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with Registry(f"sqlite:///{path}/registry.sqlite") as registry:
            twins = Twins(path, CATALOG, registry)
            assert twins.differences() == []
            for step in steps:
                step(twins)
                assert twins.differences() == [], twins.said


def why(twins: Twins) -> str:
    """Return what the last publish said of how it was built."""
    return next(line for line in reversed(twins.said) if line.startswith(("完整构建", "增量发布")))


def deliver(twins: Twins, *rows: world.Row) -> None:
    twins.ingest(rows)


def started(twins: Twins) -> str:
    deliver(twins, *(world.penalty(n) for n in (1, 2, 3)))
    deliver(twins, world.penalty(4, CF_XDR_MC=NAMES[1], CF_XDR_SHXYM=world.uscc(2)))
    return twins.publish().id


def test_the_first_is_built_in_full_and_each_next_on_the_one_before(twins: Twins) -> None:
    first = started(twins)
    assert why(twins) == "完整构建：发布台账缺失或者已损坏"
    deliver(twins, world.penalty(5))
    second = twins.publish()
    assert (second.base, second.published) == (first, 5)
    assert why(twins) == f"增量发布：以快照 {first} 为底，重新判断 4 条记录"
    third = twins.publish()
    assert third.base == second.id
    assert why(twins).endswith("重新判断 0 条记录")
    assert read_manifest(twins.store().path(first)).base == ""
    assert twins.differences() == []


def red_and_black(twins: Twins) -> None:
    honour = world.honour(主体名称=NAMES[0], 统一社会信用代码=world.uscc(1))
    deliver(twins, honour)
    twins.publish()
    deliver(twins, world.listing(1))


def linked_later(twins: Twins) -> None:
    deliver(twins, world.penalty(7, CF_XDR_SHXYM=world.uscc(9), CF_XDR_MC="澄州市旧名食品厂"))
    twins.publish()
    deliver(twins, world.assignment(1, 曾用代码=world.uscc(9)))


def gone_from_a_list(twins: Twins) -> None:
    twins.ingest([world.listing(n) for n in (1, 2, 3)], whole=True)
    twins.publish()
    twins.ingest([world.listing(n) for n in (1, 3)], whole=True)


def back_on_a_list(twins: Twins) -> None:
    gone_from_a_list(twins)
    twins.publish()
    twins.ingest([world.listing(n) for n in (1, 2, 3)], whole=True)


def event_later(twins: Twins) -> None:
    deliver(twins, world.event("信用修复", 2, 事件日期=str(twins.today + timedelta(days=3))))
    twins.publish()
    twins.today += timedelta(days=3)


def event_that_waited(twins: Twins) -> None:
    deliver(twins, world.event("信用修复", 8))
    twins.publish()
    deliver(twins, world.penalty(8))


def another_subject(twins: Twins) -> None:
    moved = world.permit(1, XK_XDR_MC=NAMES[2], XK_XDR_SHXYM="", XK_XDR_ZZJG=world.uscc(3)[8:17])
    deliver(twins, moved)
    twins.publish()
    deliver(twins, world.assignment(3, NAMES[2], 曾用代码=""))


@pytest.mark.parametrize(
    "happens",
    [red_and_black, linked_later, gone_from_a_list, back_on_a_list, event_later,
     event_that_waited, another_subject, wait(1), wait(365), clean_up],
    ids=lambda step: step.__name__,
)  # fmt: skip
def test_what_happened_shows_after_a_delta(twins: Twins, happens: Step) -> None:
    started(twins)
    before = twins.answers(twins.publish())
    happens(twins)
    assert twins.differences() == []
    assert why(twins).startswith("完整构建：按要求")
    manifest = read_manifest(twins.store().path(twins.store().current_id()))
    assert manifest.base != ""
    if happens is not clean_up:
        assert twins.answers(manifest) != before


def test_a_repaired_record_is_gone_from_answers_and_after_pruning_from_the_disk(
    twins: Twins,
) -> None:
    deliver(twins, world.penalty(6, CF_SY="当事人无证经营烟花爆竹"))
    started(twins)
    deliver(twins, world.event("信用修复", 6))
    live = twins.publish()
    assert (live.base != "", live.remnants, live.withheld) == (True, 1, {"repaired": 1})
    deliver(twins, world.penalty(9))
    assert twins.publish().remnants == 1
    assert twins.differences() == []
    store = twins.store()
    folder = store.path(store.current_id())
    reader = store.open(folder.name)
    answered = _whole_answer(twins, reader)
    prune(store, twins.catalog, twins.today, keep=0)
    reader.engine.dispose()
    assert _whole_answer(twins, reader) == answered, "the rows are those that its index names"
    reader.close()
    files = [path for path in twins.store().folder.rglob("*") if path.is_file()]
    assert not any("烟花爆竹".encode() in path.read_bytes() for path in files)
    assert any("标签未标明".encode() in path.read_bytes() for path in files)
    assert (verify(folder), read_manifest(folder).remnants) == ([], 0)
    deliver(twins, world.penalty(10))
    assert twins.publish().base == folder.name
    assert twins.differences() == []


def _whole_answer(twins: Twins, snapshot: Snapshot) -> SearchPage:
    request = parse_search({"class": ["penalty"]}, twins.catalog)
    return Lookup(snapshot, twins.catalog, twins.today).search(request)


def forget(twins: Twins) -> None:
    twins.ledger().unlink()


def cut_off(twins: Twins) -> None:
    twins.ledger().write_bytes(twins.ledger().read_bytes()[:5_000])


def overwrite(twins: Twins) -> None:
    twins.ledger().write_bytes(b"nothing that a database would hold" * 100)


def backwards(twins: Twins) -> None:
    twins.today -= timedelta(days=1)


def other_policy(twins: Twins) -> None:
    timeliness = msgspec.structs.replace(twins.catalog.timeliness, days=3)
    twins.catalog = msgspec.structs.replace(twins.catalog, timeliness=timeliness)


def other_version(twins: Twins) -> None:
    with closing(sqlite3.connect(twins.ledger())) as connection, connection:
        connection.execute("UPDATE basis SET version = '0'")


def other_registry(twins: Twins) -> None:
    with closing(sqlite3.connect(twins.ledger())) as connection, connection:
        connection.execute("INSERT INTO records VALUES (99, 2, 1, 'penalty', '', NULL, 1, 1)")


def lost_record(twins: Twins) -> None:
    """The ledger takes a record for withheld that the snapshot shows."""
    with closing(sqlite3.connect(twins.ledger())) as connection, connection:
        connection.execute("UPDATE records SET reason = 'expired' WHERE id = 1")
    deliver(twins, world.penalty(7))


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (forget, "发布台账缺失或者已损坏"),
        (cut_off, "发布台账缺失或者已损坏"),
        (overwrite, "发布台账缺失或者已损坏"),
        (go_back, "正在使用的快照不是上次发布的那一个"),
        (backwards, "公示日期早于上次发布"),
        (other_policy, "目录已经改变"),
        (other_version, "发布台账是其他版本写的"),
        (other_registry, "发布台账不属于这个登记库"),
        (lost_record, "快照中的记录与发布台账不符"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_ledger_that_cannot_be_relied_on_is_not(twins: Twins, happens: Step, reason: str) -> None:
    started(twins)
    deliver(twins, world.penalty(5))
    twins.publish()
    happens(twins)
    manifest = twins.publish()
    assert (manifest.base, why(twins)) == ("", f"完整构建：{reason}")
    assert twins.publish().base == manifest.id
    assert twins.differences() == []


def test_other_code_or_keys_build_all(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    started(twins)
    monkeypatch.setattr("portal.publish.publication.code_digest", lambda: "other")
    assert (twins.publish().base, why(twins)) == ("", "完整构建：程序已经改变")
    monkeypatch.setattr("tests.publish.twins.SECRETS", Secrets(b"j" * 32, b"p" * 32))
    assert (twins.publish().base, why(twins)) == ("", "完整构建：密钥已经改变")


def test_where_much_has_changed_all_is_built(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    started(twins)
    monkeypatch.setattr(delta, "FEWEST", 3)
    deliver(twins, world.penalty(5))
    assert (twins.publish().base, why(twins)) == ("", "完整构建：至少有 4 条记录须重新判断")
    monkeypatch.setattr(delta, "waste", lambda _: 0.3)
    assert (twins.publish().base, why(twins)) == ("", "完整构建：检索索引中已删除的内容过多")
    assert twins.publish(full=True).base == ""


def fail(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "stage",
    [
        (SnapshotWriter, "take_out"),
        (SnapshotWriter, "add_record"),
        (SnapshotWriter, "seal"),
        (SnapshotWriter, "release"),
        (delta, "verify"),
        (SnapshotStore, "activate"),
    ],
    ids=lambda stage: stage[1],
)
def test_a_crash_leaves_the_old_snapshot_and_the_next_publish_works(
    twins: Twins, monkeypatch: pytest.MonkeyPatch, stage: tuple[object, str]
) -> None:
    live = started(twins)
    deliver(twins, world.penalty(5), world.penalty(1, CF_NR="警告"))
    with monkeypatch.context() as broken:
        broken.setattr(*stage, fail)
        with pytest.raises(OSError, match="No space"):
            twins.publish()
    assert twins.store().current_id() == live
    assert twins.publish().base in (live, "")
    assert twins.differences() == []


def test_what_was_published_stays_so_when_the_ledger_cannot_be_kept(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(twins)
    deliver(twins, world.penalty(5))
    with monkeypatch.context() as broken:
        broken.setattr("portal.publish.ledger.Ledger.keep", fail)
        live = twins.publish()
    assert (twins.store().current_id(), live.published) == (live.id, 5)
    assert "发布台账未能写入，下次将完整构建" in twins.said
    assert (twins.publish().base, why(twins)) == (
        "",
        "完整构建：正在使用的快照不是上次发布的那一个",
    )


def test_a_journal_left_by_a_crash_does_not_undo_a_new_ledger(twins: Twins) -> None:
    started(twins)
    journal = twins.folder / "delta.ledger-journal"
    with closing(sqlite3.connect(twins.ledger())) as connection:
        connection.execute("PRAGMA cache_size=1")
        connection.execute("PRAGMA cache_spill=1")
        connection.execute("UPDATE records SET changes_on = '2026-01-01'")
        left = journal.read_bytes()
        connection.rollback()
    journal.write_bytes(left)
    deliver(twins, world.penalty(5))
    live = twins.publish(full=True)
    assert not journal.exists()
    assert twins.publish().base == live.id


def test_the_ledger_is_private_and_holds_nobody(twins: Twins) -> None:
    rows = [
        person(world.penalty(1)) | {"CF_GKYJ": "《食品安全法》第一百一十三条"},
        world.penalty(2, CF_SY=f"举报人电话19900004321，身份证{world.id_number(5)}"),
        person(world.penalty(3, CF_CFJG=f"经办{world.id_number(6)}"), CF_XDR_ZJHM="E38010027"),
    ]
    deliver(twins, *rows)
    twins.publish()
    deliver(twins, world.penalty(4))
    assert twins.publish().base != ""
    path = twins.ledger()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in twins.folder.iterdir() if p.name.startswith(".delta")] == []
    with closing(sqlite3.connect(path)) as connection:
        lines = "\n".join(connection.iterdump())
    assert world.BUREAU in lines, "authorities stand there as in the manifest"
    content = path.read_bytes().decode("latin-1") + lines
    named = (NUMBER, "19900004321", world.id_number(5), world.id_number(6), "E38010027")
    assert [value for value in (*named, PERSON, *NAMES, world.uscc(1)) if value in content] == []
    assert PERSON.encode() not in path.read_bytes()


def test_a_leak_in_what_is_new_is_refused(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    live = started(twins)
    monkeypatch.setattr("portal.publish.desensitize.scrub", lambda text, **_: text)
    deliver(twins, world.penalty(5, CF_SY=f"当事人（身份证号{world.id_number(1)}）未取得许可"))
    with pytest.raises(GateError, match="未通过核验"):
        twins.publish()
    assert why(twins) == "完整构建：增量快照未通过核验"
    assert (twins.store().current_id(), twins.store().ids()) == (live, [live])


@pytest.mark.parametrize("text", ["护照E38010027", "护照Ｅ３８０１００２７", "护照 E 3801-0027"])
def test_a_personal_value_that_comes_later_is_found_in_what_is_public(
    twins: Twins, text: str
) -> None:
    deliver(twins, world.penalty(6, CF_SY=f"当事人出示{text}，未取得许可"))
    live = started(twins)
    passport = person(world.penalty(7), CF_XDR_ZJLX="护照", CF_XDR_ZJHM="E38010027")
    deliver(twins, passport)
    with pytest.raises(GateError, match="登记库里的个人号码"):
        twins.publish()
    assert why(twins) == "完整构建：公示的内容中可能有新登记的个人号码或者姓名"
    assert twins.store().current_id() == live


def test_files_that_have_not_changed_are_the_same_files(twins: Twins) -> None:
    first = started(twins)
    deliver(twins, world.penalty(5))
    second = twins.publish()
    store = twins.store()
    shared = shared_files(store.path(first), store.path(second.id))
    assert {name.split("/")[0] for name in shared} == {"index"}
    path = store.path(first) / next(iter(shared))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert verify(store.path(second.id)) != [], "whoever asks has every file read again"
