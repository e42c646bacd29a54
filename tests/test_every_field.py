"""A personal number in any field of any class reaches nothing public, whatever its formatting."""

import pytest

from portal.catalog import load_catalog
from portal.catalog_model import RecordClass
from tests import world
from tests.conftest import Portal

CATALOG = load_catalog()
NUMBER, OLD, MASKED = world.id_number(101), "380102850412007", "3801021985****0018"
SPACED = f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}"
PHONE = "19900004321"
PLANTED = (NUMBER, OLD, MASKED, SPACED, PHONE)
WRITTEN = ("text", "name", "authority", "document_number", "code", "code_list", "list")


def base(record_class: RecordClass, number: int) -> world.Row:
    """A sound row of any class, of an organisation, under the titles of its fields."""
    values = {
        "subject_name": "澄州市蓝穗食品有限公司",
        "subject_kind": "法人及非法人组织",
        "uscc": world.uscc(number),
        "authority": world.BUREAU,
        "decided_on": "2026-06-01",
        "document_number": f"澄测字〔2026〕{number}号",
        "list_code": "statistics" if record_class.list_color == "black" else "honest-model",
    }
    required = {f.name: "其他" for f in record_class.fields if f.required}
    return {
        field.title: (required | values)[field.name]
        for field in record_class.fields
        if field.name in (required | values)
    }


@pytest.mark.parametrize("record_class", CATALOG.classes, ids=lambda c: c.code)
def test_a_number_in_any_field_stays_private(portal: Portal, record_class: RecordClass) -> None:
    rows: list[world.Row] = []
    for field in record_class.fields:
        if field.type not in WRITTEN or field.disclosure == "never":
            continue
        for value in PLANTED:
            row = base(record_class, len(rows) + 1)
            before = row.get(field.title, "")
            joint = "；" if field.type == "code_list" else ""
            rows.append(row | {field.title: f"{before}{joint}{value}" if before else value})
    report = portal.ingest(rows, class_code=record_class.code)
    assert report.rejected == 0
    manifest = portal.publish()
    assert manifest.published == len(rows)
    assert len(rows) > 20
    for path in portal.store.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found = [value for value in PLANTED if value.encode() in content]
            assert found == [], path.name
