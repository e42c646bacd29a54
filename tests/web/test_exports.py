import csv
import io
import json
import re
from collections.abc import Callable
from contextvars import Context
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from portal.records import SubjectKind
from portal.web import exports
from portal.web.delimited import csv_line, harmless
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal
from tests.publish.test_publicity import person

Browse = Callable[[], CheckingClient]
BASIS = {"CF_GKYJ": "《食品安全法》第一百一十三条"}


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    household = world.penalty(
        8, CF_XDR_MC="澄州市东湖区晚晴饭馆", CF_XDR_LB="个体工商户",
        CF_XDR_SHXYM=world.uscc(77, prefix="92"),
    )  # fmt: skip
    portal.ingest(
        [
            *(world.penalty(n) for n in range(1, 6)),
            world.penalty(6, CF_SY="=HYPERLINK(1)", CF_WFXW="@SUM(1)", CF_NR="第一行\n第二行"),
            person(world.penalty(7)) | BASIS,
            household,
        ]
    )
    portal.ingest([world.permit(1)], "permits.csv")
    portal.ingest_path(world.write_jsonl(portal.folder / "d.jsonl", [world.debtor(1)]))
    portal.publish()
    return browse()


def csv_rows(client: CheckingClient, path: str) -> list[list[str]]:
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"), newline="")))


def json_rows(client: CheckingClient, path: str) -> list[dict[str, object]]:
    response = client.get(path)
    assert response.status_code == 200
    return [json.loads(line) for line in response.text.splitlines()]


def sheet_rows(client: CheckingClient, path: str) -> list[tuple[object, ...]]:
    response = client.get(path)
    assert response.status_code == 200
    sheet = load_workbook(io.BytesIO(response.data)).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def test_a_class_as_csv_has_every_public_field_and_its_source(
    client: CheckingClient, portal: Portal
) -> None:
    headings, *records, end = csv_rows(client, "/exports/penalty.csv")
    assert len(records) == 6
    first = dict(zip(headings, records[-1], strict=True))
    whole = client.json(f"/api/v1/records/{first['记录编号']}")
    assert first["行政处罚决定书文号"] == whole["document_number"]
    assert first["罚款金额（万元）"] == "0.2"
    assert first["公示至"] == whole["publicity"]["until"] == "2027-06-01"
    assert first["内容校验值"] == whole["source"]["row_hash"]
    assert first["网址"] == whole["url"]
    hidden = {"法定代表人证件号码", "法定代表人证件类型"}
    assert not hidden & set(headings)
    assert end[0].startswith("# 结束：共 6 条，完整；2026-11-22")
    assert portal.store.current_id() in end[0]


def test_every_form_has_the_same_records(client: CheckingClient) -> None:
    _, *in_csv, _ = csv_rows(client, "/exports/penalty.csv")
    *in_json, end = json_rows(client, "/exports/penalty.jsonl")
    _, *in_sheet, sheet_end = sheet_rows(client, "/exports/penalty.xlsx")
    ids = [row[0] for row in in_csv]
    assert ids == [row["id"] for row in in_json] == [row[0] for row in in_sheet]
    assert end == {
        "end": True, "records": 6, "total": 6, "total_exact": True, "complete": True,
        "snapshot": end["snapshot"], "day": "2026-11-22",
    }  # fmt: skip
    assert str(sheet_end[0]).startswith("# 结束：共 6 条，完整")
    for record in in_json:
        assert record == client.json(f"/api/v1/records/{record['id']}")


def test_organisations_only(client: CheckingClient) -> None:
    for path in ("/exports/penalty.jsonl", "/search.jsonl", "/search.jsonl?q=欧阳若澄"):
        *records, _ = json_rows(client, path)
        assert {record["kind"] for record in records} <= {SubjectKind.ORGANIZATION.value}
        assert "晚晴饭馆" not in str(records)
    assert json_rows(client, "/exports/judgment_debtor.jsonl")[-1]["records"] == 0
    for form in ("csv", "jsonl", "xlsx"):
        response = client.get(f"/search.{form}?q=欧阳若澄")
        assert "X-Robots-Tag" not in response.headers


def test_a_search_as_csv(client: CheckingClient) -> None:
    headings, *records, _ = csv_rows(client, "/search.csv?q=蓝穗&sort=oldest")
    assert headings[:4] == ["记录编号", "类别", "主体名称", "统一社会信用代码"]
    assert [row[1] for row in records] == ["行政许可", *["行政处罚"] * 6]
    narrowed = csv_rows(client, "/search.csv?q=蓝穗&class=permit")
    assert "许可内容" in narrowed[0]
    assert len(narrowed) == 3
    assert len(csv_rows(client, "/search.csv?q=没有这家公司")) == 2
    second = csv_rows(client, "/search.csv?q=蓝穗&sort=oldest&page=2&page_size=3")
    assert second[1:-1] == records


def test_a_cut_says_so(client: CheckingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 4)
    _, *records, end = csv_rows(client, "/exports/penalty.csv")
    assert len(records) == 4
    assert "共 4 条，未完，符合条件的有 6 条" in end[0]
    last = json_rows(client, "/search.jsonl?class=penalty")[-1]
    assert (last["records"], last["total"], last["complete"]) == (4, 6, False)
    monkeypatch.setattr(exports, "MAX_ROWS", 6)
    assert json_rows(client, "/exports/penalty.jsonl")[-1]["complete"] is True


def test_no_cell_is_a_formula(client: CheckingClient) -> None:
    _, *records, _ = csv_rows(client, "/exports/penalty.csv")
    cells = [cell for row in records for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert "'@SUM(1)" in cells
    book = load_workbook(io.BytesIO(client.get("/exports/penalty.xlsx").data))
    for row in book.worksheets[0].iter_rows():
        assert all(cell.data_type in ("s", "n", "inlineStr") for cell in row)
        assert all(cell.data_type != "f" for cell in row)


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫", "−"]
)
@pytest.mark.parametrize(
    "before",
    [
        "",
        " ",
        "\u3000",
        "\xa0",
        "\t",
        "\r",
        "\n",
        "\0",
        "\v",
        "\ufeff",
        "\u200b",
        "\u202e",
        " \t\x1f",
    ],
)
def test_no_unseen_character_hides_a_formula(before: str, sign: str) -> None:
    text = f"{before}{sign}HYPERLINK(1)"
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["\t1", "\r1", "\n1"])
def test_no_text_begins_with_the_end_of_another_cell(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", " ", "蓝穗", "1-2", "（2026）云01民初1号", "a=b", "　罚款"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.text(max_size=6))
def test_what_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    written = harmless(text)
    assert written.lstrip(" ")[:1] not in tuple("=+-@\t\r＝＋－＠")
    assert written in (text, f"'{text}")
    (row,) = csv.reader(io.StringIO(csv_line(["a", text, "b"]), newline=""))
    assert row == ["a", written, "b"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/exports/fines.csv", 404, "类别"),
        ("/exports/penalty.pdf", 404, "没有这一页"),
        ("/exports/penalty.csv?q=a", 400, "q"),
        ("/search.csv?class=fines", 400, "class"),
        ("/search.csv?page=0", 400, "page"),
        ("/search.csv?type=entity", 400, "type"),
        ("/search.csv?q=" + "长" * 201, 413, "200"),
    ],
)
def test_a_wrong_request_is_a_page_that_says_so(
    client: CheckingClient, path: str, status: int, words: str
) -> None:
    assert words in client.page(path, status)


def test_downloads_are_attachments_kept_to_midnight_without_a_tag(client: CheckingClient) -> None:
    response = client.get("/exports/penalty.csv")
    disposition = response.headers["Content-Disposition"]
    assert disposition == 'attachment; filename="penalty-2026-11-22.csv"'
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert "ETag" not in response.headers
    assert "ETag" in client.get("/exports/penalty.xlsx").headers


def test_a_download_keeps_its_snapshot_to_the_last_byte_and_gives_it_back(
    client: CheckingClient, portal: Portal
) -> None:
    response = client.app.test_client().get("/exports/penalty.jsonl")
    pieces = response.iter_encoded()
    next(pieces)
    before = portal.store.current_id()
    portal.today += timedelta(days=365)
    portal.publish()
    Context().run(client.get, "/api/v1/status")
    rest = b"".join(pieces)
    response.close()
    end = json.loads(rest.splitlines()[-1])
    assert (end["records"], end["snapshot"], end["day"]) == (6, before, "2026-11-22")
    lent = client.app.extensions["portal.live"]._lent
    assert lent.snapshot.id != before
    assert lent.users == 0


def test_downloads_have_a_budget_of_their_own(portal: Portal) -> None:
    portal.publish()
    app = portal.app(ratelimit_enabled=True, ratelimit_exports="4/hour", ratelimit_search="2/hour")
    client = app.test_client()
    paths = ("/search.csv", "/exports/penalty.jsonl", "/exports/penalty.xlsx", "/search.jsonl")
    # A sheet costs two.
    assert [client.get(path).status_code for path in paths] == [200, 200, 200, 429]
    searches = ("/feeds/penalty.atom", "/search?q=蓝穗", "/feeds/penalty.atom")
    assert [client.get(path).status_code for path in searches] == [200, 200, 429]
    app.extensions["portal.live"].close()


def test_the_search_page_offers_its_download(client: CheckingClient) -> None:
    page = client.page("/search?q=蓝穗&class=penalty&page_size=2&page=2")
    address = re.findall(r'href="(/search\.csv[^"]+)"', page)[0].replace("&amp;", "&")
    assert len(csv_rows(client, address)) == 8
