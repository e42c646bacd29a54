import hashlib
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from portal import identifiers
from portal.catalog import load_catalog
from portal.errors import SettingError, SourceError
from portal.headings import fold_heading
from portal.sample.faults import Fault
from portal.sample.generate import generate
from portal.sample.layouts import SHARES, share_out
from tests.sample.reading import RECORDS, TODAY, Sample, day, encoding_of, faults_of, make, read


def digests(out: Path) -> dict[str, str]:
    files = [path for path in out.rglob("*") if path.is_file()]
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_same_arguments_give_the_same_bytes(sample: Sample, tmp_path: Path) -> None:
    generate(RECORDS, tmp_path, today=TODAY, seed=1)
    assert digests(tmp_path) == digests(sample.out)


def test_seed_and_day_change_every_file(sample: Sample, tmp_path: Path) -> None:
    generate(RECORDS, tmp_path / "a", today=TODAY, seed=2)
    generate(RECORDS, tmp_path / "b", today=TODAY + timedelta(days=1))
    before = digests(sample.out)
    policy = before.pop("policy/regions.toml")
    for changed in (digests(tmp_path / "a"), digests(tmp_path / "b")):
        assert changed.pop("policy/regions.toml") == policy
        assert not set(changed.values()) & set(before.values())
        assert len(changed) == len(before)


@pytest.mark.parametrize("records", [20, 21, 99, 1000, 123_457, 10_000_000])
def test_the_files_share_out_all_records(records: int) -> None:
    plan = share_out(records)
    assert sum(rows for _, rows in plan) == records
    assert all(rows > 0 for _, rows in plan)
    by_class = Counter[str]()
    for layout, rows in plan:
        by_class[layout.class_code] += rows
        assert layout.format != "xlsx" or rows <= 20_000
    assert set(by_class) == set(load_catalog().classes_by_code)
    if records >= 1000:
        shares = SHARES | {"permit": 0.30}
        assert by_class == pytest.approx({c: records * share for c, share in shares.items()}, abs=5)


def test_the_smallest_sample_has_every_class(tmp_path: Path) -> None:
    found = make(tmp_path, 20)
    assert found.report.rows == 20
    assert len(found.rows) == 9


def test_the_report_counts_rows(sample: Sample) -> None:
    assert sample.report.rows == RECORDS
    for file in sample.report.files:
        assert file.rejected == sum(file.faults.values())
        assert file.faults.get(Fault.BROKEN_ROW, 0) == sample.malformed[file.name]
    assert sample.report.rejected == sum(file.rejected for file in sample.report.files)
    assert 0.025 < sample.report.rejected / sample.report.rows < 0.045


def test_rows_are_broken_as_often_as_reported(sample: Sample) -> None:
    catalog = load_catalog()
    lists = {fold_heading(n) for e in catalog.lists for n in (e.code, e.name, *e.aliases)}
    seen = Counter[Fault]()
    for code, rows in sample.rows.items():
        found = Counter[Fault]()
        required = [f.name for f in catalog.classes_by_code[code].fields if f.required]
        for row in rows:
            uscc = identifiers.fold_code(row.get("uscc", ""))
            damaged = identifiers.is_damaged_number(row.get("uscc", ""))
            decided = day(row["decided_on"])
            org_code = row.get("org_code", "")
            found[Fault.DAMAGED_CODE] += damaged
            missing = any(not row[n] for n in required if n in row and n != "uscc")
            found[Fault.MISSING_FIELD] += missing or (not uscc and "uscc" in required)
            found[Fault.CHECK_CHARACTER] += (
                bool(uscc) and not damaged and not identifiers.is_uscc(uscc)
            )
            found[Fault.NO_SUCH_DAY] += bool(row["decided_on"]) and decided is None
            found[Fault.FUTURE_DECISION] += decided is not None and decided > TODAY
            found[Fault.LETTER_O] += bool(org_code) and not identifiers.is_org_code(org_code)
            if "list_name" in row:
                found[Fault.UNKNOWN_LIST] += fold_heading(row["list_name"]) not in lists
        expected = faults_of(sample, code)
        del expected[Fault.BROKEN_ROW]
        assert +found == +expected, code
        seen += found
    assert set(seen) == set(Fault) - {Fault.BROKEN_ROW}


def test_files_come_in_every_format_and_encoding(sample: Sample) -> None:
    found = {
        (path.suffix, encoding_of(path) if path.suffix == ".csv" else "")
        for path in sample.out.iterdir()
        if path.is_file()
    }
    assert found == {
        (".csv", "utf-8-sig"), (".csv", "utf-8"), (".csv", "gb18030"),
        (".xlsx", ""), (".json", ""), (".jsonl", ""),
    }  # fmt: skip
    assert not [file.name for file in sample.report.files if re.search(r"\d{9}", file.name)]


def test_only_the_old_files_have_headings_of_2015(sample: Sample) -> None:
    for file in sample.report.files:
        fields = load_catalog().classes_by_code[file.class_code].fields
        legacy = {heading for field in fields for heading in field.legacy}
        headings = set(read(sample.out / file.name)[0])
        assert bool(headings & legacy) == ("旧表头" in file.name)


def test_region_names_are_added_to_the_policy(sample: Sample) -> None:
    catalog = load_catalog(sample.out / "policy")
    assert catalog.region_name("380102") == "东湖区"
    assert catalog.region_name("380199") == "澄州市"
    assert catalog.region_name("381234") == "云岭省"
    assert catalog.regions.items() > load_catalog().regions.items()
    assert not load_catalog().region_name("380102")


def test_progress_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    report = generate(40, tmp_path, today=TODAY, progress=said.append)
    assert len(said) == 1 + len(report.files)
    assert all(file.name in "".join(said) for file in report.files)


def test_names_of_organisations_come_from_the_file(sample: Sample, tmp_path: Path) -> None:
    names = [f"测试甲乙{n}有限公司" for n in range(3)]
    codes = [row["uscc"] for row in sample.rows["code_assignment"][:3]]
    path = tmp_path / "names.csv"
    lines = [f"{name},{code}\n" for name, code in zip(names, codes, strict=True)]
    path.write_text("name,uscc\n" + "".join(lines), encoding="utf-8")
    report = generate(2000, tmp_path / "out", today=TODAY, names=path)
    assert report.from_names_file == 3
    written = next((tmp_path / "out").glob("统一*.csv")).read_text(encoding="utf-8")
    assert [line.split(",")[0] for line in written.splitlines()[1:4]] == names


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="--records：至少为 20"):
        generate(19, tmp_path, today=TODAY)
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="--out：无法写入"):
        generate(20, tmp_path / "file", today=TODAY)
    with pytest.raises(SourceError, match="文件不存在"):
        generate(20, tmp_path / "out", today=TODAY, names=tmp_path / "none.csv")
    assert not (tmp_path / "out").exists()
