"""Files that are whole lists: absence withdraws, and a suspicious absence is refused."""

from collections.abc import Sequence

import pytest

from portal.errors import GateError
from portal.intake import ingest as ingest_module
from portal.intake.delivery import StoreCounts
from portal.intake.ingest import DeliveryReport, Whole, ingest_file
from tests import world
from tests.conftest import Portal

OTHER_BUREAU = {"CF_CFJG": "澄州市税务局", "CF_CFJGDM": world.uscc(90000002, "11", "380100")}


def penalties(count: int, **changes: str) -> list[world.Row]:
    return [world.penalty(n, **changes) for n in range(1, count + 1)]


def whole(
    portal: Portal, rows: Sequence[world.Row], limit: float = 0.2, *, accept_shrink: bool = False
) -> DeliveryReport:
    return ingest_file(
        world.write_csv(portal.folder / "whole.csv", rows),
        portal.catalog,
        portal.registry,
        portal.settings.rejections_path,
        now=portal.now(),
        whole=Whole(limit, accept_shrink),
    )


def absent(portal: Portal) -> set[str]:
    with portal.registry.reading() as reader:
        return {r.values["document_number"] for r in reader.newest_first() if r.absent}


def numbers(*found: int) -> set[str]:
    return {f"澄市监罚〔2026〕{number}号" for number in found}


@pytest.mark.parametrize("batch", [1, 3, 1_000])
def test_what_a_whole_list_lacks_is_absent_until_it_is_back(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(ingest_module, "BATCH", batch)
    rows = penalties(10)
    assert whole(portal, rows).absent == 0
    report = whole(portal, rows[:8])
    assert (report.absent, report.counts) == (2, StoreCounts(unchanged=8))
    assert absent(portal) == numbers(9, 10)
    assert whole(portal, rows[:8]).absent == 0, "they are absent already"
    report = whole(portal, rows[:9])
    assert (report.absent, absent(portal)) == (0, numbers(10))
    portal.ingest([rows[9] | {"CF_SY": "又有了"}], "delta.csv")
    assert absent(portal) == set()


def test_absence_from_a_delta_is_no_absence(portal: Portal) -> None:
    rows = penalties(5)
    portal.ingest(rows)
    portal.ingest(rows[:1], "delta.csv")
    assert absent(portal) == set()


def test_a_whole_list_speaks_for_its_own_authority_only(portal: Portal) -> None:
    portal.ingest([*penalties(5), *penalties(5, **OTHER_BUREAU)])
    assert whole(portal, penalties(4)).absent == 1
    with portal.registry.reading() as reader:
        gone = [r.values["authority"] for r in reader.newest_first() if r.absent]
    assert gone == [world.BUREAU]


def test_a_whole_list_speaks_for_its_own_list_and_class_only(portal: Portal) -> None:
    names = [e.name for e in portal.catalog.lists if e.color == "black" and not e.reference_only]
    rows = [
        world.listing(n, 名单名称=name, 统一社会信用代码=world.uscc(n))
        for name in names[:2]
        for n in range(1, 6)
    ]
    portal.ingest(rows, "black.csv")
    portal.ingest(penalties(3), "penalties.csv")
    assert whole(portal, rows[:4]).absent == 1
    assert len(absent(portal)) == 1


def test_a_whole_list_also_speaks_for_what_came_without_the_authoritys_code(portal: Portal) -> None:
    portal.ingest(penalties(5, CF_CFJGDM=""))
    report = whole(portal, penalties(4))
    assert (report.counts, report.absent) == (StoreCounts(updated=4), 1)
    assert absent(portal) == numbers(5)


def test_a_record_in_another_spelling_is_there(portal: Portal) -> None:
    person = {"CF_XDR_LB": "自然人", "CF_XDR_SHXYM": "", "CF_XDR_MC": "佟晓岚"}
    rows = [row | person for row in penalties(5)]
    portal.ingest([row | {"CF_XDR_ZJHM": world.id_number(1)} for row in rows])
    report = whole(portal, rows)
    assert (report.counts, report.absent) == (StoreCounts(updated=5), 0)


def snapshot(portal: Portal) -> object:
    with portal.registry.reading() as reader:
        return reader.count(), reader.delivery_count(), list(reader.newest_first())


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (penalties(7), "缺少登记库 10 条中的 3 条，超过 20%"),
        ([*penalties(8), world.penalty(9, CF_JDRQ="x")], "有 1 行被退回"),
        ([*penalties(9), world.penalty(9, CF_SY="另一内容")], "有 1 行被退回"),
        ([world.penalty(1, CF_JDRQ="x")], "没有一条可接收的记录"),
    ],
)
def test_a_suspicious_list_is_refused_and_changes_nothing(
    portal: Portal, rows: list[world.Row], reason: str
) -> None:
    portal.ingest(penalties(10))
    before = snapshot(portal)
    with pytest.raises(GateError, match=reason) as refusal:
        whole(portal, [*rows, world.penalty(77)] if len(rows) > 1 else rows)
    assert refusal.value.exit_code == 3
    assert snapshot(portal) == before
    assert not list(portal.settings.rejections_path.glob("*"))


def test_new_records_do_not_hide_that_the_known_ones_are_gone(portal: Portal) -> None:
    portal.ingest(penalties(10))
    with pytest.raises(GateError, match="10 条中的 10 条"):
        whole(portal, [world.penalty(n) for n in range(100, 200)])


def test_a_list_without_any_row_is_refused(portal: Portal) -> None:
    portal.ingest(penalties(3))
    path = portal.folder / "whole.csv"
    path.write_text(",".join(world.penalty()) + "\n", encoding="utf-8")
    for accept_shrink in (False, True):
        with pytest.raises(GateError, match="没有一条"):
            ingest_file(
                path, portal.catalog, portal.registry, portal.settings.rejections_path,
                now=portal.now(), whole=Whole(0.2, accept_shrink),
            )  # fmt: skip
    assert absent(portal) == set()


def test_insisting_takes_a_shrunken_list(portal: Portal) -> None:
    portal.ingest(penalties(10))
    report = whole(portal, penalties(2), accept_shrink=True)
    assert (report.absent, absent(portal)) == (8, numbers(*range(3, 11)))
    faulty = [world.penalty(1), world.penalty(2, CF_JDRQ="x")]
    report = whole(portal, faulty, accept_shrink=True)
    assert (report.rejected, report.absent) == (1, 1)


def test_exactly_the_limit_is_taken(portal: Portal) -> None:
    portal.ingest(penalties(10))
    assert whole(portal, penalties(8)).absent == 2
    with pytest.raises(GateError):
        whole(portal, penalties(6))
    assert whole(portal, penalties(6), 0.25).absent == 2


def test_rejected_rows_alone_do_no_harm(portal: Portal) -> None:
    portal.ingest(penalties(5))
    report = whole(portal, [*penalties(5), world.penalty(99, CF_JDRQ="x")])
    assert (report.rejected, report.absent) == (1, 0)


def test_a_first_whole_list_is_like_any_delivery(portal: Portal) -> None:
    report = whole(portal, penalties(3))
    assert (report.counts, report.absent) == (StoreCounts(new=3), 0)


def test_absence_and_return_are_published(portal: Portal) -> None:
    rows = penalties(10)
    whole(portal, rows)
    whole(portal, rows[:9])
    assert portal.publish().withheld == {"absent": 1}
    whole(portal, rows)
    assert portal.publish().withheld == {}
