"""Every trap of the trade has a test; here is which."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

TRAPS = {
    # Time
    "the end date is inclusive": "test_the_last_day_is_inclusive",
    "a server on UTC is eight hours late": "test_midnight_is_that_of_shanghai",
    "ninety days are not three months": "test_90_days_are_not_3_months",
    "yesterday's snapshot": "test_a_snapshot_of_yesterday_counts_like_one_of_today",
    "a cache past midnight": "test_no_answer_may_be_kept_past_midnight",
    "filing taken for listing": "test_the_filing_date_is_not_taken_for_the_listing_date",
    "far future, not permanent": "test_far_future_dates_are_not_permanent_where_there_is_a_maximum",
    "a decision in the future": "test_a_decision_in_the_future_is_refused",
    "the calendar library at year's end": "test_calendar_library_at_years_end",
    # Policy
    "several penalty types": "test_several_penalty_types_take_the_longest",
    "warning and fine is not warning only": "test_warning_and_fine_is_not_warning_only",
    "a missing class is not serious": "test_a_missing_class_is_not_serious",
    "repaired, sent again": "test_a_repaired_record_stays_hidden_however_it_is_sent_again",
    "revoked, then issued again": "test_revoked_then_issued_again_with_the_same_number",
    "absence from a list": "test_absence_from_a_whole_list_withdraws_and_return_brings_back",
    "a truncated whole list": "test_a_suspicious_list_is_refused_and_changes_nothing",
    "police under other laws": "test_police_decisions_under_fire_or_traffic_law_are_not_sealed",
    "hidden records showing through": "test_at_midnight_it_is_gone_from_every_route",
    "red and black at once": "test_red_and_black_at_once_holds_the_red_entry",
    "shielding is reversible, repair is not": "test_unshielding_does_not_undo_a_repair",
    # Identity
    "several parties of one decision": "test_several_parties_of_one_decision_are_several_records",
    "one number from two authorities": "test_the_key_survives_brackets_width_and_later_fields",
    "persons of one name": "test_persons_meet_by_name_and_number_only",
    "companies of one name": "test_a_company_with_nothing_else_on_record_is_found",
    "a renamed company": "test_a_former_name_leads_to_the_company",
    "a branch has its own code": "test_nobody_is_merged_by_name",
    "a household named like a person": "test_a_household_named_like_its_owner_is_a_person",
    # Text
    "folding of width, dots, Cyrillic, zero": "test_folds",
    "zero-width and direction marks": "test_invisible_characters_leave_names",
    "characters beyond the BMP": "test_every_code_point_of_the_folded_text_knows_its_origin",
    "ten thousand yuan or yuan": "test_money_is_in_ten_thousand_yuan",
    "empty or zero": "test_cells_that_mean_something",
}


def names_of_tests() -> set[str]:
    return {
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize("trap", TRAPS)
def test_the_trap_has_its_test(trap: str) -> None:
    assert TRAPS[trap] in names_of_tests()
