"""Known raw values are looked for in every byte that leaves the registry."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.catalog import load_catalog
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal
from tests.publish.test_publicity import person

SUBJECT, REPRESENTATIVE, DEBTOR, HIDDEN, MINOR, BROKEN, TEXT = (
    world.id_number(n, birth)
    for n, birth in (
        (101, "19850412"), (102, "19790930"), (103, "19881108"), (104, "19910217"),
        (105, "20101231"), (106, "19660606"), (107, "19550101"),
    )
)  # fmt: skip
PHONE, MAIL = "19900004321", "tong.xiaolan@example.com"
SEALED = "在棋牌室以打麻将的方式进行赌博"
OLD_ID, OLD_ID_LIKE_REGISTRATION = "380102670412003", "380102590815017"
PASSPORT = "E12345673"  # a valid organisation code, too
OWNER_CODE = world.uscc(77, prefix="92")
COURT_MASK, OTHER_MASK = "3801021985****0018", "380102********0026"
NAMES_NEVER_SHOWN = (
    "裘望舒", "滕小满", "麦秋白", "郎知夏",
    "饶小禾", "阿依古丽",  # owners of households
    "戚安安", "邬宁宁", "柳圆圆",  # minors by their age alone
)  # fmt: skip


def wrong(number: str) -> str:
    return number[:17] + ("0" if number[17] != "0" else "1")


RAW = {
    SUBJECT, REPRESENTATIVE, DEBTOR, HIDDEN, MINOR, wrong(BROKEN), TEXT, PHONE, MAIL, SEALED,
    OLD_ID, OLD_ID_LIKE_REGISTRATION, PASSPORT, OWNER_CODE, *NAMES_NEVER_SHOWN,
}  # fmt: skip
UNSEEN = RAW | {COURT_MASK, OTHER_MASK}
"""Not searched for: what the one shape shows of a mask is the same in both."""

TOLD = {
    "CF_CFMC": "裘望舒无照经营案", "CF_WFXW": "裘 望 舒无照经营", "CF_SJLY": "裘望舒",
    "CF_GKYJ": "裘望舒本人同意，食品安全法第一百一十三条", "CF_YJ": "对裘望舒适用第一百二十五条",
}  # fmt: skip


@pytest.fixture
def published(portal: Portal) -> Portal:
    spaced = f"{TEXT[:6]} {TEXT[6:14]} {TEXT[14:]}"
    hiding = f"举报人裘望舒（电话{PHONE}，{MAIL}）反映，当事人身份证号{spaced}"
    basis = {"CF_GKYJ": "《食品安全法》第一百一十三条"}
    portal.ingest(
        [
            world.penalty(1) | {"CF_FR_ZJHM": REPRESENTATIVE, "CF_FR_ZJLX": "居民身份证"},
            world.penalty(2, CF_SY=hiding, CF_NR=hiding, CF_YJ=hiding, CF_WFXW=hiding),
            world.penalty(3) | {"BZ": hiding, "CF_NR_ZKDX": f"从业证{TEXT}"},
            person(world.penalty(4), CF_XDR_MC="裘望舒", CF_XDR_ZJHM=SUBJECT) | basis,
            person(world.penalty(5), CF_XDR_MC="滕小满", CF_XDR_ZJHM=HIDDEN),
            person(world.penalty(6), CF_XDR_MC="麦秋白", CF_XDR_ZJHM=MINOR) | basis,
            person(world.penalty(7), CF_XDR_MC="郎知夏", CF_XDR_ZJHM=wrong(BROKEN)),
            world.penalty(8, CF_CFJG=world.POLICE, CF_YJ="治安管理处罚法第七十条", CF_SY=SEALED),
            world.penalty(9, CF_WSH=f"澄罚{TEXT}号"),
            person(world.penalty(10), CF_XDR_MC="裘望舒", CF_XDR_ZJHM=SUBJECT)
            | TOLD
            | {"CF_WSH": "澄罚裘望舒〔2026〕3号"},
            *households(),
            world.penalty(13) | dict.fromkeys(NUMBER_FIELDS, OLD_ID),
            world.penalty(14) | dict.fromkeys(NUMBER_FIELDS, OLD_ID_LIKE_REGISTRATION),
            world.penalty(15) | dict.fromkeys(NUMBER_FIELDS, COURT_MASK),
            world.penalty(16) | dict.fromkeys(NUMBER_FIELDS, OTHER_MASK),
        ]
    )
    portal.ingest([world.permit(1, XK_NR=hiding) | {"XK_XKBH": TEXT}], "permits.csv")
    portal.ingest([world.listing(1, 列入事由=hiding, 救济措施=hiding)], "black.csv")
    debtors = [
        world.debtor(1, iname="云初霁", cardNum=DEBTOR, duty=hiding, performedPart=hiding),
        world.debtor(2, iname="麦秋白", cardNum=MINOR, age="15"),
        world.debtor(3, iname="周晓校", cardNum=PASSPORT),
        world.debtor(4, iname="戚安安", cardNum="", age="16岁"),
        world.debtor(5, iname="邬宁宁", cardNum="未知", age="１６"),
        world.debtor(6, iname="柳圆圆", cardNum="0", age="16.0"),
    ]
    assignments = [world.assignment(1, 曾用代码=f"{OLD_ID}；{OLD_ID_LIKE_REGISTRATION}")]
    portal.ingest(assignments, "codes.csv")
    portal.ingest_path(world.write_jsonl(portal.folder / "debtors.jsonl", debtors))
    portal.publish()
    return portal


NUMBER_FIELDS = ("CF_WSH", "CF_XDR_GSZC", "CF_XDR_SWDJ", "CF_XDR_SYDW", "CF_XDR_SHZZ", "CF_FRDB")


def households() -> list[world.Row]:
    """Two that are registered under their owner's name; its records name the owner."""
    row = world.penalty(11, CF_XDR_LB="个体工商户", CF_XDR_SHXYM=OWNER_CODE, CF_FRDB="饶小禾")
    return [
        row | {"CF_XDR_MC": "饶小禾", "CF_CFMC": "饶小禾无照经营案", "CF_GKYJ": "饶小禾同意"},
        row
        | {"CF_XDR_MC": "阿依古丽（个体工商户）", "CF_WSH": "澄市监罚〔2026〕12号", "CF_FRDB": ""}
        | {"CF_CFMC": "阿依古丽无照经营案", "CF_GKYJ": "阿依古丽同意"},
    ]


def spellings(value: str) -> Iterator[bytes]:
    yield value.encode()
    yield value.encode("utf-16-le")
    yield value.encode("gb18030")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_raw_values_are_in_the_registry(published: Portal) -> None:
    """Otherwise the other tests here would prove nothing."""
    content = b"".join(p.read_bytes() for p in published.settings.var_path.glob("registry.sqlite*"))
    kept = UNSEEN - {wrong(BROKEN), "郎知夏", TEXT}
    assert [value for value in kept if value.encode() not in content] == []


def test_no_raw_value_in_any_file_but_the_registry(published: Portal) -> None:
    var = published.settings.var_path
    public = [p for p in files(var) if not p.name.startswith(("registry.sqlite", "secret.key"))]
    assert len([p for p in public if "snapshots" in p.parts]) > 10
    assert any("rejections" in p.parts for p in public)
    for path in public:
        content = path.read_bytes()
        for value in UNSEEN:
            assert not any(spelling in content for spelling in spellings(value)), (path, value)


@pytest.mark.usefixtures("published")
def test_no_raw_value_in_any_answer_or_log(
    browse: Callable[[], CheckingClient],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    client = browse()
    classes = [record_class.code for record_class in load_catalog().classes]
    seen, waiting = set(), ["/", "/lists", "/about", "/api/v1/search?page_size=50", "/search"]
    waiting += ["/statistics", "/statistics/authorities.csv", "/statistics/timeliness.csv"]
    for code in classes:
        waiting += [f"/exports/{code}.csv", f"/exports/{code}.jsonl", f"/feeds/{code}.atom"]
    waiting += [f"/search.{form}?q={q}" for form in ("csv", "jsonl") for q in ("云初霁", "蓝穗")]
    waiting += [
        f"/search?q={q}" for q in ("蓝穗", "云初霁", "周晓校", "澄市监罚〔2026〕4号", "身份证号")
    ]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        text = client.get(path).text
        for value in UNSEEN:
            assert value not in text, (path, value)
        for prefix in ("/entities/", "/records/"):
            ids = {part[:24] for part in text.split(prefix)[1:]}
            waiting += [root + prefix + i for i in ids for root in ("", "/api/v1")]
    assert sum("/records/" in path for path in seen) > 12
    written = caplog.text + "".join(capfd.readouterr())
    assert [value for value in UNSEEN if value in written] == []


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("value", sorted(RAW))
def test_a_search_for_a_raw_value_confirms_nothing(
    browse: Callable[[], CheckingClient], value: str
) -> None:
    client = browse()
    for q in (value, value[:10], value[-8:]):
        response = client.get("/api/v1/search", query_string={"q": q})
        assert response.status_code == 200
        assert response.get_json()["total"] == 0, q


@pytest.mark.usefixtures("published")
def test_a_person_with_a_passport_is_found_by_the_whole_name_only(
    browse: Callable[[], CheckingClient],
) -> None:
    client = browse()
    found = {
        q: client.get("/api/v1/search", query_string={"q": q}).get_json()["total"]
        for q in ("周晓校", "晓校", "周晓")
    }
    assert found["周晓校"] > 0
    assert (found["晓校"], found["周晓"]) == (0, 0)


@pytest.mark.usefixtures("published")
def test_what_was_typed_is_not_logged(
    browse: Callable[[], CheckingClient],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = browse()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"cannot look for {SUBJECT}")

    monkeypatch.setattr("portal.lookup.Lookup.search", fail)
    for path in ("/search", "/api/v1/search"):
        response = client.get(path, query_string={"q": SUBJECT})
        assert response.status_code == 500
        assert SUBJECT not in response.text
    assert "RuntimeError" in caplog.text
    assert SUBJECT not in caplog.text + "".join(capfd.readouterr())
