"""Rows that share a business key, and records that two deliveries spell differently."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.intake import ingest as ingest_module
from portal.intake.delivery import StoreCounts
from portal.intake.ingest import DeliveryReport
from portal.intake.registry import Registry
from portal.records import StoredRecord
from tests import world
from tests.conftest import Portal

REPEATED = "同一文件中同一业务键出现两次且内容不同"
CODE = world.uscc(1)
HEAD, TAIL = "3801", "0018"


def records(portal: Portal) -> list[StoredRecord]:
    with portal.registry.reading() as reader:
        return list(reader.newest_first())


def contents(portal: Portal, name: str) -> list[str]:
    return sorted(record.values[name] for record in records(portal))


def nameless(number: int = 1, /, **changes: str) -> world.Row:
    """A penalty of a natural person of whom nothing but the name is told."""
    row = world.penalty(number, CF_XDR_LB="自然人", CF_XDR_SHXYM="", CF_XDR_MC="佟晓岚")
    return row | changes


def household(**changes: str) -> world.Row:
    row = world.penalty(CF_XDR_LB="个体工商户", CF_XDR_MC="澄州市东湖区老周面馆")
    return row | {"CF_XDR_SHXYM": "", "CF_XDR_ZJHM": ""} | changes


def pledge(**changes: str) -> world.Row:
    return {
        "承诺主体名称": "澄州市蓝穗食品有限公司",
        "统一社会信用代码": CODE,
        "承诺类型": "主动型",
        "承诺事由": "规范经营",
        "承诺书编号": "澄诺1号",
        "承诺作出日期": "2026-06-01",
        "承诺受理单位": world.BUREAU,
        "受理单位统一社会信用代码": world.BUREAU_CODE,
    } | changes


def twice(portal: Portal, rows: Sequence[world.Row], new: int, rejected: int = 0) -> DeliveryReport:
    """Take a file twice: the second time nothing changes."""
    first = portal.ingest(rows, "first.csv")
    assert first.counts == StoreCounts(new=new, unchanged=len(rows) - new - rejected)
    again = portal.ingest(rows, "second.csv")
    assert again.counts == StoreCounts(unchanged=len(rows) - rejected)
    assert first.rejected == again.rejected == rejected
    return again


def test_persons_of_one_name_without_a_number_are_several(portal: Portal) -> None:
    twice(portal, [nameless(CF_SY="甲"), nameless(CF_SY="乙"), nameless(CF_SY="乙")], new=2)
    assert contents(portal, "facts") == ["乙", "甲"]


def test_debtors_of_one_name_without_a_card_are_several(portal: Portal) -> None:
    rows = [world.debtor(cardNum="", age=age) for age in ("41", "58")]
    twice(portal, rows, new=2)
    assert contents(portal, "age") == ["41", "58"]


def test_households_and_organisations_without_a_code_are_several(portal: Portal) -> None:
    twice(portal, [household(CF_SY="甲"), household(CF_SY="乙")], new=2)
    company = "澄州市云帆置业有限公司"
    rows = [world.debtor(iname=company, cardNum="", duty=duty) for duty in ("甲", "乙")]
    report = portal.ingest(rows, "debtors.csv")
    assert report.counts.new == 2


def test_the_order_of_rows_does_not_matter(portal: Portal) -> None:
    rows = [nameless(CF_SY=f"事实{n}") for n in range(8)]
    portal.ingest(rows)
    keys = {record.values["facts"]: record.key for record in records(portal)}
    assert len(set(keys.values())) == 8
    rows = rows[3:] + rows[2::-1]
    assert portal.ingest(rows, "shuffled.csv").counts == StoreCounts(unchanged=8)
    with Registry(f"sqlite:///{portal.folder / 'other.sqlite'}") as portal.registry:
        portal.ingest(rows)
        assert {record.values["facts"]: record.key for record in records(portal)} == keys


def test_one_of_several_alone_is_known_again(portal: Portal) -> None:
    rows = [nameless(CF_SY=f"事实{n}") for n in range(4)]
    portal.ingest(rows)
    for row in rows:
        assert portal.ingest([row], "one.csv").counts == StoreCounts(unchanged=1)
    more = portal.ingest([*rows, nameless(CF_SY="又一人")], "more.csv")
    assert more.counts == StoreCounts(new=1, unchanged=4)
    assert len(records(portal)) == 5


def test_a_changed_row_continues_the_record_that_no_other_row_is(portal: Portal) -> None:
    portal.ingest([nameless(CF_SY="甲"), nameless(CF_SY="乙")])
    for kept in ("甲", "乙"):
        report = portal.ingest([nameless(CF_SY="丙"), nameless(CF_SY=kept)], "changed.csv")
        assert report.counts == StoreCounts(updated=1, unchanged=1)
        assert contents(portal, "facts") == sorted(["丙", kept])
        portal.ingest([nameless(CF_SY="甲"), nameless(CF_SY="乙")], "back.csv")


@pytest.mark.parametrize(
    "subject",
    [
        {},
        {"CF_XDR_LB": "自然人", "CF_XDR_SHXYM": "", "CF_XDR_MC": "佟晓岚",
         "CF_XDR_ZJHM": world.id_number(1)},
    ],
)  # fmt: skip
def test_one_subject_twice_with_other_content_is_rejected(
    portal: Portal, subject: world.Row
) -> None:
    rows = [world.penalty() | subject | {"CF_SY": facts} for facts in ("甲", "乙", "甲")]
    report = twice(portal, rows, new=1, rejected=1)
    assert contents(portal, "facts") == ["甲"]
    assert report.rejections is not None
    listed = report.rejections.read_text(encoding="utf-8-sig").splitlines()
    assert listed[1:] == [f"3,,{REPEATED}"]


def test_the_first_stays_whatever_the_registry_had(portal: Portal) -> None:
    portal.ingest([world.penalty(CF_SY="乙")])
    report = portal.ingest([world.penalty(CF_SY="甲"), world.penalty(CF_SY="乙")], "two.csv")
    assert (report.counts, report.rejected) == (StoreCounts(updated=1), 1)
    report = portal.ingest([world.penalty(CF_SY="甲"), world.penalty(CF_SY="乙")], "three.csv")
    assert (report.counts, report.rejected) == (StoreCounts(unchanged=1), 1)


def test_entries_of_one_day_without_a_number(portal: Portal) -> None:
    one = world.honour()
    twice(portal, [one, one | {"激励措施": "优先办理"}], new=1, rejected=1)
    other = {"名单名称": "纳税信用A级纳税人", "主体类别": "自然人", "统一社会信用代码": ""}
    persons = [one | other | {"主体名称": "佟晓岚", "激励措施": text} for text in ("甲", "乙")]
    assert portal.ingest(persons, "persons.csv").counts == StoreCounts(new=2)


def test_entries_of_one_day_on_two_lists_are_two(portal: Portal) -> None:
    first = world.honour(**{"名单名称": "纳税信用A级纳税人"})
    names = [e.name for e in portal.catalog.lists if e.color == "red" and not e.reference_only]
    other = next(name for name in names if name != first["名单名称"])
    portal.ingest([first], "first.csv")
    report = portal.ingest([first | {"名单名称": other}], "second.csv")
    assert report.counts == StoreCounts(new=1)


def test_commitments_of_a_day_differ_by_number_and_matter(portal: Portal) -> None:
    rows = [
        pledge(),
        pledge(承诺书编号="澄诺2号"),
        pledge(承诺书编号="", 承诺事由="甲事"),
        pledge(承诺书编号="", 承诺事由="乙事"),
    ]
    twice(portal, rows, new=4)


@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
def test_the_size_of_batches_does_not_matter(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(ingest_module, "BATCH", size)
    rows = [
        world.penalty(1), nameless(1, CF_SY="甲"), world.penalty(1, CF_SY="乙"),
        nameless(1, CF_SY="乙"), world.penalty(2), world.penalty(2), nameless(1, CF_SY="甲"),
        world.penalty(2, CF_CFJGDM=""), household(), household(CF_XDR_ZJHM=world.id_number(2)),
    ]  # fmt: skip
    report = twice(portal, rows, new=7, rejected=1)
    assert report.rows_read == 10


ROWS = st.lists(
    st.builds(
        lambda number, facts, code, name: (
            world.penalty(number, CF_SY=facts)
            | ({"CF_XDR_SHXYM": CODE} if code else nameless(CF_XDR_MC=name))
            | {"CF_WSH": f"澄市监罚〔2026〕{number}号", "CF_SY": facts}
        ),
        st.integers(1, 2),
        st.sampled_from(["甲", "乙", "丙"]),
        st.booleans(),
        st.sampled_from(["佟晓岚", "裘望舒"]),
    ),
    min_size=1,
    max_size=12,
)


@given(rows=ROWS, size=st.integers(1, 5))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_taken_again_changes_nothing(
    portal: Portal, rows: list[world.Row], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Registry("sqlite:///:memory:") as portal.registry:
        monkeypatch.setattr(ingest_module, "BATCH", size)
        first = portal.ingest(rows)
        again = portal.ingest(rows)
    accepted = first.counts.new + first.counts.unchanged
    assert first.counts.updated == 0
    assert first.rejected == again.rejected == len(rows) - accepted
    assert again.counts == StoreCounts(unchanged=accepted)


BLANK = {"CF_CFJGDM": ""}
SHOP = household(CF_XDR_SHXYM=world.uscc(9, prefix="92"))
COMPANY = world.debtor(iname="澄州市云帆置业有限公司", cardNum="", age="0")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (world.penalty(), world.penalty() | BLANK),
        (household(), household(CF_XDR_ZJHM=world.id_number(2))),
        (SHOP, SHOP | {"CF_XDR_ZJHM": world.id_number(2)}),
        (SHOP, household()),
        (COMPANY, COMPANY | {"cardNum": "D2143569-X"}),
        (nameless(), nameless(CF_XDR_ZJHM=world.id_number(3))),
        (nameless(), nameless(**BLANK)),
        (
            world.debtor(cardNum=f"{HEAD}021985****{TAIL}"),
            world.debtor(cardNum=f"{HEAD}**********{TAIL}"),
        ),
        (
            world.debtor(cardNum=world.id_number(1)),
            world.debtor(cardNum=f"{HEAD}**********{world.id_number(1)[-4:]}"),
        ),
        (
            nameless(CF_XDR_ZJHM="130503670401001"),
            nameless(CF_XDR_ZJHM="130503670401***"),
        ),
        (
            world.penalty() | {"CF_XDR_MC": "旧名有限公司"},
            world.penalty() | {"CF_XDR_MC": "新名有限公司"} | BLANK,
        ),
    ],
)
def test_a_record_meets_itself_in_another_spelling(
    portal: Portal, one: world.Row, other: world.Row
) -> None:
    assert portal.ingest([one]).counts == StoreCounts(new=1)
    key = records(portal)[0].key
    assert portal.ingest([other], "other.csv").counts == StoreCounts(updated=1)
    assert portal.ingest([other], "again.csv").counts == StoreCounts(unchanged=1)
    assert portal.ingest([one], "back.csv").counts == StoreCounts(updated=1)
    assert [record.key for record in records(portal)] == [key]
    portal.ingest([other], "other.csv")
    with Registry(f"sqlite:///{portal.folder / 'reversed.sqlite'}") as portal.registry:
        assert portal.ingest([other]).counts == StoreCounts(new=1)
        assert portal.ingest([one], "back.csv").counts == StoreCounts(updated=1)


OTHER_BUREAU = world.uscc(90000002, prefix="11", region="380100")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (world.penalty(), world.penalty(CF_CFJGDM=OTHER_BUREAU)),
        (world.penalty(), world.penalty(CF_CFJG="澄州市税务局") | BLANK),
        (world.penalty(), world.penalty(CF_XDR_SHXYM=world.uscc(2)) | BLANK),
        (nameless(CF_XDR_ZJHM=world.id_number(1)), nameless(CF_XDR_ZJHM=world.id_number(2))),
        (nameless(), nameless(CF_XDR_MC="裘望舒", **BLANK)),
        (nameless(1), nameless(2) | BLANK),
        (
            world.debtor(cardNum=f"{HEAD}**********{TAIL}"),
            world.debtor(cardNum=f"{HEAD}**********002X"),
        ),
        (
            world.debtor(cardNum=world.id_number(1)),
            world.debtor(cardNum=f"{HEAD}021990****{world.id_number(1)[-4:]}"),
        ),
        (SHOP, household(CF_XDR_ZJHM=world.id_number(2))),
        (pledge(), pledge(承诺事由="另一事", 受理单位统一社会信用代码="")),
        (world.honour(), world.honour(名单名称="诚信示范企业")),
    ],
)
def test_other_records_stay_others(portal: Portal, one: world.Row, other: world.Row) -> None:
    red = [e.name for e in portal.catalog.lists if e.color == "red" and not e.reference_only]
    if other.get("名单名称") == "诚信示范企业":
        other = other | {"名单名称": next(n for n in red if n != one["名单名称"])}
    portal.ingest([one])
    assert portal.ingest([other], "other.csv").counts == StoreCounts(new=1)


def test_where_several_may_be_meant_none_is_taken(portal: Portal) -> None:
    numbers = [world.id_number(1), world.id_number(2)]
    portal.ingest([nameless(CF_XDR_ZJHM=number) for number in numbers])
    assert portal.ingest([nameless()], "other.csv").counts == StoreCounts(new=1)


def test_where_several_rows_may_be_meant_none_continues_the_record(portal: Portal) -> None:
    """Companies of one name and different codes are never merged."""
    portal.ingest([COMPANY])
    rows = [COMPANY | {"cardNum": world.uscc(number)} for number in (5, 6)]
    twice(portal, rows, new=2)
    assert len(records(portal)) == 3


def test_a_row_of_its_own_keeps_the_record_from_other_spellings(portal: Portal) -> None:
    known = nameless(CF_XDR_ZJHM=world.id_number(1))
    portal.ingest([known])
    for rows in ([nameless(CF_SY="乙"), known], [known, nameless(CF_SY="乙")]):
        report = portal.ingest(rows, "both.csv")
        assert report.counts.updated == 0
    assert len(records(portal)) == 2


def test_nothing_personal_stays_behind_between_deliveries(portal: Portal) -> None:
    from sqlalchemy import func, select

    from portal.intake.registry_tables import late_rows

    portal.ingest([nameless(), nameless(CF_SY="乙"), world.penalty()])
    with portal.registry.reading() as reader:
        assert reader._connection.scalar(select(func.count()).select_from(late_rows)) == 0
