from pathlib import Path

import msgspec

from portal.catalog_model import Catalog
from portal.publish.policy_page import render

PAGE = Path(__file__).parent.parent / "docs" / "publicity.md"
COMMAND = "python -m portal policy-page > docs/publicity.md"


def test_the_page_says_what_the_catalogue_says(catalog: Catalog) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(catalog), f"regenerate it: {COMMAND}"


def test_every_rule_list_source_and_reason_is_on_the_page(catalog: Catalog) -> None:
    page = render(catalog)
    said = [
        (catalog.sealed.name, catalog.sealed.basis),
        (catalog.timeliness.name, catalog.timeliness.basis),
    ]
    said += [(term.name, term.basis) for term in catalog.terms]
    said += [(minimum.name, minimum.basis) for minimum in catalog.minimums]
    said += [(rule.name, rule.basis) for rule in catalog.severity_rules]
    said += [(entry.name, entry.basis) for entry in catalog.lists]
    for name, basis in said:
        assert name in page
        assert basis in page
    for code, words in catalog.reasons.items():
        assert f"| `{code}` | {words} |" in page
    for regime in catalog.regimes:
        assert f"| {regime.code} | {regime.in_force_from.isoformat()} |" in page
    assert f"Transition: `{catalog.transition}`" in page


def test_what_is_to_be_confirmed_is_marked(catalog: Catalog) -> None:
    rules = [term.confirmed for term in catalog.terms] + [e.confirmed for e in catalog.lists]
    assert rules.count(False) > 0
    assert render(catalog).count(" (to be confirmed)") == rules.count(False)


def test_a_changed_number_changes_the_page(catalog: Catalog) -> None:
    terms = [msgspec.structs.replace(t, months=7) if t.months else t for t in catalog.terms]
    page = render(msgspec.structs.replace(catalog, terms=tuple(terms)))
    assert "7 months from" in page
    assert page != render(catalog)


def test_a_bar_in_a_name_does_not_break_the_table(catalog: Catalog) -> None:
    page = render(msgspec.structs.replace(catalog, reasons=catalog.reasons | {"x": "a|b"}))
    assert "| `x` | a\\|b |" in page
