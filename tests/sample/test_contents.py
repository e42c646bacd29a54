import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from openpyxl import load_workbook

from portal import identifiers
from portal.catalog import load_catalog
from portal.sample.courts import DebtorRows, JudgmentRows
from portal.sample.faults import Fault
from portal.sample.penalties import PenaltyRows
from portal.sample.permits import PermitRows
from portal.sample.pledges import CommitmentRows
from portal.sample.world import make_world
from tests.sample.reading import TODAY, Sample, day, faults_of

ENDS = {
    "permit": "valid_until", "penalty": "ends_on", "red_list": "ends_on", "black_list": "ends_on",
    "judgment_debtor": "ends_on", "judgment": "ends_on", "commitment": "ends_on",
    "government_dishonesty": "ends_on", "code_assignment": "ends_on",
}  # fmt: skip
OPEN_END = re.compile("2099-?12-?31|长期|长期有效")


def test_nothing_invented_belongs_to_a_real_region(sample: Sample) -> None:
    ids = codes = 0
    for rows in sample.rows.values():
        for text in (cell for row in rows for cell in row.values()):
            for number in re.findall(
                r"(?<![0-9A-Z])[0-9ANY][0-9A-Z]{16}[0-9A-Z](?![0-9A-Z])", text
            ):
                if identifiers.is_id_number(number):
                    ids += 1
                    assert number.startswith("3801")
                elif identifiers.is_uscc(number):
                    codes += 1
                    assert number[2:6] == "3801"
    assert ids > 300
    assert codes > 5000


def test_days_come_in_every_shape(sample: Sample) -> None:
    for code, rows in sample.rows.items():
        shapes = {re.sub(r"\d", "", row["decided_on"]) for row in rows}
        least = {"--", "//", "年月日", ""} if len(rows) > 100 else {"--"}
        assert shapes >= least, code
    book = load_workbook(next(sample.out.glob("*.xlsx")))
    kinds = {type(row[12]) for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)}
    assert {str, datetime} <= kinds


def test_some_records_ended_yesterday_some_end_today_or_tomorrow(sample: Sample) -> None:
    for code, field in ENDS.items():
        ends = Counter(day(row.get(field, "")) for row in sample.rows[code])
        for offset in (-1, 0, 1):
            assert ends[TODAY + timedelta(days=offset)], (code, offset)
        assert any(end and end < TODAY - timedelta(days=30) for end in ends), code
    for code in ("permit", "red_list", "commitment"):
        assert any(OPEN_END.fullmatch(row.get(ENDS[code], "")) for row in sample.rows[code]), code


@pytest.mark.parametrize(
    ("code", "months"), [("penalty", 12), ("judgment_debtor", 24), ("judgment", 36)]
)
def test_some_publicity_periods_end_today_by_rule(sample: Sample, code: str, months: int) -> None:
    start = date(TODAY.year - months // 12, TODAY.month, TODAY.day)
    starts = {day(row["decided_on"]) for row in sample.rows[code] if not row.get("ends_on")}
    assert {start, start - timedelta(days=1)} <= starts


def test_states_are_known_and_of_every_kind(sample: Sample) -> None:
    catalog, legacy = load_catalog(), Counter[str]()
    wanted = {
        "permit": {"valid", "invalid", "revoked"}, "penalty": {"valid", "repaired", "revoked"},
        "red_list": {"valid", "removed"}, "black_list": {"valid", "removed"},
        "judgment_debtor": {"valid", "removed", "shielded"}, "judgment": {"valid"},
        "commitment": {"valid", "revoked"}, "government_dishonesty": {"valid", "repaired"},
        "code_assignment": {"valid", "cancelled"},
    }  # fmt: skip
    for code, rows in sample.rows.items():
        field = catalog.classes_by_code[code].field("status")
        assert field is not None
        values = field.legacy_values | field.values
        states = {values[row["status"]] for row in rows}
        legacy.update(row["status"] for row in rows if row["status"] == "0")
        assert states >= wanted[code], code
    assert legacy["0"] > 10


def test_a_tenth_are_natural_persons(sample: Sample) -> None:
    for code in ("permit", "penalty", "judgment", "commitment", "red_list", "black_list"):
        rows = sample.rows[code]
        persons = [row for row in rows if row.get("id_number")]
        assert 0.05 < len(persons) / len(rows) < 0.2, code
        assert code in {"red_list", "black_list"} or any(row["disclosure_basis"] for row in persons)
        if code in ("permit", "penalty"):
            shown = sum(bool(row.get("disclosure_basis")) for row in persons)
            assert shown < len(persons) / 2
    for row in sample.rows["government_dishonesty"]:
        assert "id_number" not in row
        assert row["subject_kind"] == "法人及非法人组织"


def test_some_persons_are_minors(sample: Sample) -> None:
    births = [
        identifiers.id_birth_date(row["id_number"])
        for code in ("permit", "penalty")
        for row in sample.rows[code]
        if row.get("id_number")
    ]
    minors = [birth for birth in births if birth and birth > date(2008, 6, 1)]
    assert 0 < len(minors) < len(births) / 10


def test_debtors_are_published_as_the_courts_do(sample: Sample) -> None:
    rows = sample.rows["judgment_debtor"]
    assert {row["subject_kind"] for row in rows} == {"580"}
    persons = [row for row in rows if row["sex"]]
    others = [row for row in rows if not row["sex"]]
    assert 0.05 < len(persons) / len(rows) < 0.2
    assert all(re.fullmatch(r"3801\d{6}\*{4}\d{3}[\dX]", row["id_number"]) for row in persons)
    assert all(row["age"] != "0" for row in persons)
    assert {row["age"] for row in others} == {"0"}
    codes = [identifiers.fold_code(row["id_number"]) for row in others]
    assert all(identifiers.is_org_code(code) or identifiers.is_uscc(code) for code in codes)
    assert sum(len(code) == 9 for code in codes) > len(codes) / 2
    assert {row["performance"] for row in rows} == {"全部未履行", "部分未履行"}


def test_fines_in_the_text_are_those_in_the_field(sample: Sample) -> None:
    checked = 0
    for row in sample.rows["penalty"]:
        match = re.search(r"处罚款人民币([\d,.]+)(万?)元", row["content"])
        assert bool(match) == ("罚款" in row["penalty_types"] + row.get("penalty_types_more", ""))
        if match and "fine" in row:
            checked += 1
            yuan = float(match[1].replace(",", "")) * (10_000 if match[2] else 1)
            assert float(row["fine"]) * 10_000 == pytest.approx(yuan)
    assert checked > 500


def test_sealed_and_open_police_penalties_are_there(sample: Sample) -> None:
    police = [row for row in sample.rows["penalty"] if "公安局" in row["authority"]]
    bases = "".join(row["legal_basis"] for row in police)
    assert all(
        law in bases for law in ("治安管理处罚法", "消防法", "道路交通安全法", "相关法律规定")
    )


def test_listing_decisions_state_all_they_must(sample: Sample) -> None:
    catalog = load_catalog()
    reference = {entry.name for entry in catalog.lists if entry.reference_only}
    for code in ("red_list", "black_list"):
        rows = sample.rows[code]
        assert reference & {row["list_name"] for row in rows}, code
        for name in ("facts", "legal_basis", "measures", "published_on"):
            assert all(row[name] for row in rows), (code, name)
    assert all(row["removal"] and row["remedies"] for row in sample.rows["black_list"])
    both = {row["uscc"] for row in sample.rows["red_list"]} & {
        row["uscc"] for row in sample.rows["black_list"]
    }
    assert sample.rows["code_assignment"][0]["uscc"] in both


def test_every_organisation_has_one_code_assignment(sample: Sample) -> None:
    bad = faults_of(sample, "code_assignment").total()
    rows = sample.rows["code_assignment"]
    assert len(rows) - bad + faults_of(sample, "code_assignment")[Fault.BROKEN_ROW] == (
        sample.report.organisations
    )
    assigned = {row["uscc"] for row in rows}
    for code in ("permit", "penalty", "judgment"):
        used = {identifiers.fold_code(row["uscc"]) for row in sample.rows[code] if row["uscc"]}
        used = {uscc for uscc in used if identifiers.is_uscc(uscc)}
        assert used <= assigned
        assert used < assigned
    assert any(row["former_names"] for row in rows)
    codes = [row["former_codes"].split("；") for row in rows if row["former_codes"]]
    assert all(identifiers.is_registration_number(old) for old, _ in codes)


def test_activity_is_uneven(sample: Sample) -> None:
    counts = Counter(
        row["uscc"] for code in ENDS if code != "code_assignment"
        for row in sample.rows[code] if row.get("uscc")
    )  # fmt: skip
    assert counts.most_common(1)[0][1] >= 12
    assert sum(count <= 3 for count in counts.values()) > len(counts) / 2
    assert len(counts) < 0.9 * sample.report.organisations


def test_a_business_key_comes_only_once(sample: Sample) -> None:
    catalog = load_catalog()
    for code, rows in sample.rows.items():
        keys = Counter(
            (
                identifiers.fold_document_number(row.get("document_number", "")),
                row["authority"],
                row.get("commitment_type", ""),
                row["decided_on"] if "decided_on" in catalog.classes_by_code[code].key else "",
                identifiers.fold_code(row.get("org_code") or row.get("uscc") or ""),
                row.get("id_number", "") or row["subject_name"] * (not row.get("uscc")),
            )
            for row in rows
            if row["subject_name"] and row.get("document_number", "-") and row["authority"]
        )
        bad = faults_of(sample, code).total()
        assert sum(count - 1 for count in keys.values()) <= bad, code


def test_some_decisions_have_two_parties_and_brackets_vary(sample: Sample) -> None:
    numbers = Counter(
        (row["authority"], identifiers.fold_document_number(row["document_number"]))
        for row in sample.rows["penalty"]
        if row["document_number"] and row["authority"]
    )
    assert max(numbers.values()) == 2
    written = "".join(row["document_number"] for row in sample.rows["penalty"])
    assert all(bracket in written for bracket in "〔[【（(")


def test_a_damaged_row_damages_no_other() -> None:
    makers = PenaltyRows, PermitRows, JudgmentRows, DebtorRows, CommitmentRows
    world = make_world(1, TODAY, load_catalog(), 300)
    for maker in (make(world) for make in makers):
        for number in range(600):
            row = maker.row(number % 200)
            assert "damaged" not in row.values()
            row.update(dict.fromkeys(row, "damaged"))


def test_texts_hide_personal_data(sample: Sample) -> None:
    texts = [
        row.get(field, "")
        for code in ("permit", "penalty", "judgment_debtor", "black_list", "judgment")
        for row in sample.rows[code]
        for field in ("facts", "content", "remark")
    ]
    for trace in (
        r"1990000\d{4}",
        r"3801\d{13}[\dX]",
        r"１９９００００",
        "举报",
        r"\d栋\d+室",
        "@",
    ):
        assert any(re.search(trace, text) for text in texts), trace
    leaking = sum(bool(re.search(r"1990000\d{4}", text)) for text in texts)
    assert leaking < len(texts) / 50


def test_careless_spellings_are_there(sample: Sample) -> None:
    rows = [row for code in ("permit", "penalty") for row in sample.rows[code]]
    assert any("\u200b" in row["subject_name"] for row in rows)
    assert any(row["uscc"] and identifiers.fold_code(row["uscc"]) != row["uscc"] for row in rows)
    assert any("\n" in row["remark"] for row in rows)
