"""A small sample, written once and read back without the intake."""

import csv
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from openpyxl import load_workbook

from portal.catalog import load_catalog
from portal.headings import fold_heading
from portal.sample.faults import Fault
from portal.sample.generate import SampleReport, generate

TODAY = date(2026, 5, 18)
RECORDS = 6000
DATE = re.compile(r"(\d{4})[-/年]?(\d{1,2})[-/月]?(\d{1,2})日?")

Cells = Mapping[str, str]


class Sample(NamedTuple):
    report: SampleReport
    out: Path
    rows: Mapping[str, list[Cells]]
    """Sound rows and rows with a wrong value of every class, by catalogue field."""

    malformed: Mapping[str, int]
    """Rows of every file that do not fit it."""


def encoding_of(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def cell_text(cell: object) -> str:
    return cell.date().isoformat() if isinstance(cell, datetime) else str(cell or "")


def read(path: Path) -> tuple[list[str], list[list[str]], int]:
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        table = [[cell_text(cell) for cell in row] for row in book.worksheets[0].values]
        return table[0], table[1:], 0
    if path.suffix == ".csv":
        with path.open(encoding=encoding_of(path), newline="") as stream:
            table = list(csv.reader(stream, strict=True))
        fitting = [row for row in table[1:] if len(row) == len(table[0])]
        return table[0], fitting, len(table) - 1 - len(fitting)
    text = path.read_text(encoding="utf-8")
    objects, broken = [], 0
    if path.suffix == ".json":
        objects = json.loads(text)
    for line in text.splitlines() if path.suffix == ".jsonl" else ():
        try:
            objects.append(json.loads(line))
        except json.JSONDecodeError:
            broken += 1
    return list(objects[0]), [[cell_text(v) for v in o.values()] for o in objects], broken


def make(out: Path, records: int = RECORDS) -> Sample:
    report = generate(records, out, today=TODAY)
    rows: dict[str, list[Cells]] = {}
    malformed = {}
    for file in report.files:
        known = load_catalog().classes_by_code[file.class_code].heading_map()
        headings, table, malformed[file.name] = read(out / file.name)
        fields = [known[fold_heading(heading)].name for heading in headings]
        assert len(table) + malformed[file.name] == file.rows
        found = rows.setdefault(file.class_code, [])
        found += [dict(zip(fields, cells, strict=True)) for cells in table]
    return Sample(report, out, rows, malformed)


def day(text: str) -> date | None:
    match = DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def faults_of(sample: Sample, code: str) -> Counter[Fault]:
    files = [file for file in sample.report.files if file.class_code == code]
    return sum((Counter(file.faults) for file in files), Counter[Fault]())
