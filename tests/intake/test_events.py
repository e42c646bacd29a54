"""Events on their way into the registry: read, matched with their records, or waiting for them."""

from pathlib import Path

import pytest

from portal.catalog import load_catalog
from portal.errors import SourceError
from portal.intake.columns import recognise
from portal.intake.delivery import StoreCounts
from portal.intake.event_store import AMBIGUOUS, NO_RECORD
from portal.intake.events import EventValidator
from portal.intake.ingest import DeliveryReport
from portal.records import RecordEvent, Rejection, SourceRow
from tests import world
from tests.conftest import Portal

CATALOG = load_catalog()
NAMES = [
    (name, kind.code)
    for kind in CATALOG.events.kinds
    for name in (kind.code, kind.title, *kind.names)
]
OTHER_BUREAU = world.uscc(90000002, prefix="11", region="380100")
NO_CODE = {"统一社会信用代码": ""}


def check(row: world.Row) -> RecordEvent | Rejection:
    layout = recognise(list(row), CATALOG)
    assert layout.record_class is CATALOG.events.record
    return EventValidator(CATALOG, layout, world.TODAY).check(SourceRow(7, row))


def send(portal: Portal, *rows: world.Row, name: str = "events.csv") -> DeliveryReport:
    return portal.ingest(rows, name)


def reasons(report: DeliveryReport) -> list[str]:
    assert report.rejections is not None
    lines = report.rejections.read_text(encoding="utf-8-sig").splitlines()[1:]
    return [line.split(",", 2)[2] for line in lines]


def waiting(portal: Portal) -> int:
    with portal.registry.reading() as reader:
        return reader.waiting_events()


def matched(portal: Portal) -> list[str]:
    with portal.registry.reading() as reader:
        return [event.kind for event in reader.events()]


@pytest.mark.parametrize(("name", "code"), NAMES)
def test_every_kind_is_known_by_code_title_and_other_names(name: str, code: str) -> None:
    row = world.event(name) | {"延长至": "2027-12-31"}
    for spelling in (name, f" {name} ", name.upper()):
        event = check(row | {"事件类型": spelling})
        assert isinstance(event, RecordEvent)
        assert event.kind == event.values["event_kind"] == code
        assert event.effective_on.isoformat() == "2026-09-01"


@pytest.mark.parametrize("code", [kind.code for kind in CATALOG.events.kinds])
def test_every_kind_reaches_its_record(portal: Portal, code: str) -> None:
    portal.ingest([world.penalty()])
    report = send(portal, world.event(code) | {"延长至": "2027-12-31"})
    assert (report.class_code, report.counts, report.rejected) == ("event", StoreCounts(new=1), 0)
    assert matched(portal) == [code]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"事件类型": "表扬"}, "事件类型", "不是目录中的事件类型"),
        ({"事件类型": ""}, "事件类型", "必填"),
        ({"事件类型": "延长期限"}, "延长至", "延长至哪一天"),
        ({"事件日期": "2026-11-23"}, "事件日期", "未来"),
        ({"事件日期": "2026-02-30"}, "事件日期", "日期不存在"),
        ({"主体名称": ""}, "主体名称", "必填"),
        ({"原决定机关": ""}, "原决定机关", "必填"),
        ({"统一社会信用代码": "91110108551385082P"}, "统一社会信用代码", "校验"),
        ({"信息类别": "好人好事"}, "信息类别", "不是目录中的信息类别"),
        ({"原文书号": ""}, "原文书号", "须写明信息类别和原决定日期"),
        ({"原文书号": "", "信息类别": "行政处罚"}, "原文书号", "须写明信息类别和原决定日期"),
        ({"原文书号": "", "原决定日期": "2026-06-01"}, "原文书号", "须写明信息类别和原决定日期"),
    ],
)
def test_a_faulty_event_is_rejected_by_field(
    changes: dict[str, str], field: str, reason: str
) -> None:
    rejection = check(world.event("信用修复") | changes)
    assert isinstance(rejection, Rejection)
    assert (rejection.line, rejection.field) == (7, field)
    assert reason in rejection.reason


@pytest.mark.parametrize(
    "changes",
    [
        {},
        NO_CODE,
        {"主体名称": "改了名的公司"},
        {"原文书号": "澄市监罚〔2026〕1号"},
        {"原文书号": "澄市监罚（2026） 1 号"},
        {"原文书号": "澄市监罚【２０２６】1号"},
        {"原决定机关统一社会信用代码": ""},
        {"原决定机关": "改了名的机关"},
        {"统一社会信用代码": "", "证件号码": world.uscc(1)[8:17]},
        {"信息类别": "行政处罚"},
        {"信息类别": "penalty"},
    ],
)
def test_an_event_finds_its_record(portal: Portal, changes: dict[str, str]) -> None:
    """By number and code, or name; the authority by code, or name."""
    portal.ingest([world.penalty(1), world.penalty(2)])
    report = send(portal, world.event("信用修复") | changes)
    assert (report.counts, report.rejected) == (StoreCounts(new=1), 0)
    assert portal.publish().withheld == {"repaired": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"原决定机关统一社会信用代码": OTHER_BUREAU},
        {"原决定机关统一社会信用代码": "", "原决定机关": "澄州市税务局"},
        {"原文书号": "澄市监罚〔2026〕11号"},
        {"统一社会信用代码": world.uscc(2)},
        {"统一社会信用代码": "", "主体名称": "澄州市蓝穗食品有限公司分公司"},
        {"信息类别": "行政许可"},
    ],
)
def test_an_event_of_another_record_waits(portal: Portal, changes: dict[str, str]) -> None:
    portal.ingest([world.penalty()])
    report = send(portal, world.event("信用修复") | changes)
    assert (report.counts, report.rejected) == (StoreCounts(), 1)
    assert reasons(report) == [NO_RECORD]
    assert (matched(portal), waiting(portal)) == ([], 1)
    assert portal.publish().withheld == {}


PERSON = {"CF_XDR_LB": "自然人", "CF_XDR_SHXYM": "", "CF_XDR_MC": "佟晓岚"}
OF_PERSON = world.event("信用修复") | NO_CODE | {"主体名称": "佟晓岚"}


def test_a_person_is_found_by_number_and_by_name(portal: Portal) -> None:
    portal.ingest([world.penalty() | PERSON | {"CF_XDR_ZJHM": "130503670401001"}])
    report = send(
        portal,
        OF_PERSON | {"证件号码": "130503196704010016"},
        OF_PERSON | {"事件类型": "异议受理"},
        OF_PERSON | {"事件类型": "更正", "证件号码": "1305**********0016"},
        OF_PERSON | {"事件类型": "撤销", "证件号码": world.id_number(2)},
    )
    assert (report.counts, report.rejected) == (StoreCounts(new=3), 1)


def test_a_name_that_several_records_bear_is_not_guessed(portal: Portal) -> None:
    numbers = [world.id_number(1), world.id_number(2)]
    portal.ingest([world.penalty() | PERSON | {"CF_XDR_ZJHM": number} for number in numbers])
    report = send(portal, OF_PERSON)
    assert reasons(report) == [AMBIGUOUS]
    assert matched(portal) == []
    report = send(portal, OF_PERSON | {"证件号码": numbers[0]}, name="told.csv")
    assert report.counts == StoreCounts(new=1)


def test_persons_without_a_number_are_not_guessed_either(portal: Portal) -> None:
    portal.ingest([world.penalty(CF_SY=text) | PERSON for text in ("甲", "乙")])
    assert reasons(send(portal, OF_PERSON)) == [AMBIGUOUS]


def test_a_waiting_event_meets_the_record_that_comes_later(portal: Portal) -> None:
    first = send(portal, world.event("信用修复"), world.event("撤销", 2))
    assert (first.rejected, first.matched, waiting(portal)) == (2, 0, 2)
    report = portal.ingest([world.penalty(1), world.penalty(3)], "records.csv")
    assert (report.counts, report.matched) == (StoreCounts(new=2), 1)
    assert (matched(portal), waiting(portal)) == (["repair"], 1)
    assert portal.publish().withheld == {"repaired": 1}
    again = portal.ingest([world.penalty(1), world.penalty(3)], "again.csv")
    assert again.matched == 0
    again = send(portal, world.event("信用修复"), world.event("撤销", 2), name="again2.csv")
    assert (again.counts, again.rejected) == (StoreCounts(unchanged=1), 1)


def test_the_same_event_twice_changes_nothing(portal: Portal) -> None:
    portal.ingest([world.penalty()])
    event = world.event("信用修复")
    report = send(portal, event, event, event | {"原文书号": "澄市监罚[2026]1号"})
    assert report.counts == StoreCounts(new=1, unchanged=2)
    assert send(portal, event, name="again.csv").counts == StoreCounts(unchanged=1)
    assert matched(portal) == ["repair"]
    report = send(portal, event | {"事件日期": "2026-09-02"}, name="other.csv")
    assert report.counts == StoreCounts(new=1)


def test_a_waiting_event_twice_waits_once(portal: Portal) -> None:
    event = world.event("信用修复")
    report = send(portal, event, event)
    assert (report.rejected, waiting(portal)) == (2, 1)
    portal.ingest([world.penalty()], "records.csv")
    assert matched(portal) == ["repair"]


def test_an_event_sent_again_meets_its_record_by_itself(portal: Portal) -> None:
    """The record may have come in a delivery of another class of event."""
    event = world.event("信用修复")
    assert send(portal, event).rejected == 1
    portal.ingest([world.penalty(9)], "other.csv")
    assert waiting(portal) == 1
    portal.ingest([world.penalty(1)], "record.csv")
    assert send(portal, event, name="again.csv").counts == StoreCounts(unchanged=1)


def of_honour(**changes: str) -> world.Row:
    return {
        "事件类型": "撤销",
        "事件日期": "2026-09-01",
        "信息类别": "守信红名单",
        "原决定日期": "2026-04-10",
        "原决定机关": "澄州市税务局",
        "主体名称": "澄州市青禾机械股份有限公司",
        "统一社会信用代码": world.uscc(2),
    } | changes


def test_a_record_without_a_number_is_found_by_class_and_day(portal: Portal) -> None:
    portal.ingest([world.honour()])
    for changes in (
        {"原决定日期": "2026-04-11"},
        {"信息类别": "行政处罚"},
        {"原决定机关": "税务局"},
    ):
        assert send(portal, of_honour(**changes)).rejected == 1
    for changes in (
        {},
        {"信息类别": "red_list", "事件类型": "更正"},
        {"统一社会信用代码": "", "事件类型": "异议受理"},
    ):
        report = send(portal, of_honour(**changes), name="found.csv")
        assert report.counts == StoreCounts(new=1), changes
    assert portal.publish().withheld == {"revoked": 1}


def test_the_kind_of_the_subject_is_no_obstacle(portal: Portal) -> None:
    portal.ingest([world.penalty()])
    report = send(portal, world.event("信用修复") | {"主体类别": "随便什么"})
    assert report.counts == StoreCounts(new=1)


def test_an_event_file_is_no_whole_list(portal: Portal) -> None:
    from portal.intake.ingest import Whole, ingest_file

    path = world.write_csv(portal.folder / "events.csv", [world.event("信用修复")])
    with pytest.raises(SourceError, match="--full"):
        ingest_file(
            path, CATALOG, portal.registry, portal.settings.rejections_path,
            now=portal.now(), whole=Whole(0.2, accept_shrink=False),
        )  # fmt: skip


def test_events_come_in_every_format(portal: Portal) -> None:
    portal.ingest([world.penalty()])
    path: Path = world.write_jsonl(portal.folder / "events.jsonl", [world.event("信用修复")])
    assert portal.ingest_path(path).counts == StoreCounts(new=1)
    codes = {
        "SJ_LX": "shield", "SJ_RQ": "20260901", "SJ_JG": world.BUREAU,
        "SJ_WSH": "澄市监罚〔2026〕1号",
        "SJ_ZT_MC": "澄州市蓝穗食品有限公司", "SJ_ZT_SHXYM": world.uscc(1), "SJ_XX": "x",
    }  # fmt: skip
    report = send(portal, codes)
    assert (report.counts, report.unknown) == (StoreCounts(new=1), ("SJ_XX",))
