from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import identifiers
from portal.sample.authorities import Authorities, Numbering
from portal.sample.days import SHAPES, Calendar, add_months
from portal.sample.dice import Dice, Shuffle
from portal.sample.faults import PERIOD, Fault, count_faults, letter_o, possible_faults, wrong_check
from portal.sample.money import round_sum, ten_thousands, yuan
from portal.sample.people import REPRESENTATIVES, People
from portal.sample.phrases import Scribe
from portal.sample.words import load_words

TODAY = date(2026, 5, 18)
ALPHABET = identifiers.USCC_ALPHABET


@given(st.integers(1, 3000), st.integers(0, 50))
def test_a_shuffle_is_a_permutation(size: int, seed: int) -> None:
    shuffle = Shuffle(size, seed)
    assert sorted(map(shuffle, range(size))) == list(range(size))


def test_a_shuffle_mixes_and_depends_on_its_seed() -> None:
    one, two = ([Shuffle(10_000, seed)(i) for i in range(200)] for seed in (1, 2))
    assert one != two
    rising = sum(a < b for a, b in pairwise(one))
    assert 60 < rising < 140


@given(st.integers(0, 1000))
def test_dice_repeat_themselves(seed: int) -> None:
    draws = [[Dice(seed, "a").between(0, 10**9) for _ in range(3)] for _ in range(2)]
    assert draws[0] == draws[1]
    assert draws[0] != [Dice(seed, "b").between(0, 10**9) for _ in range(3)]


@given(st.integers(-5, 5), st.integers(0, 20), st.integers(0, 100))
def test_between_includes_both_ends(low: int, width: int, seed: int) -> None:
    dice = Dice(seed)
    assert all(low <= dice.between(low, low + width) <= low + width for _ in range(50))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 2, 28), 36, date(2028, 2, 28)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
        (date(2026, 4, 15), 3, date(2026, 7, 15)),
    ],
)
def test_months_are_added_by_the_civil_code(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_days_are_written_in_four_shapes() -> None:
    written = {write(date(2019, 7, 3)) for write in SHAPES}
    assert written == {"2019-07-03", "2019/7/3", "2019年07月03日", "20190703"}


def test_the_calendar_spreads_decisions_over_five_years_up_to_today() -> None:
    calendar, dice = Calendar(TODAY), Dice(1)
    days = [calendar.decided(dice) for _ in range(4000)]
    assert max(days) <= TODAY
    assert TODAY - timedelta(days=1827) < min(days) < TODAY - timedelta(days=1700)
    assert {calendar.edge(n) for n in range(48)} == {
        None, TODAY, TODAY - timedelta(days=1), TODAY + timedelta(days=1),
    }  # fmt: skip


def test_a_period_of_term_ends_today_and_yesterday() -> None:
    starts = [Calendar(TODAY).term_edge(n, 12) for n in range(48)]
    assert [day for day in starts if day] == [date(2025, 5, 18), date(2025, 5, 17)]


@given(st.integers(0, 10**12), st.integers(0, 10**6))
def test_the_sum_in_the_text_is_the_sum_in_the_field(cents: int, seed: int) -> None:
    text, field = yuan(cents, Dice(seed)), Decimal(ten_thousands(cents, Dice(seed)))
    unit = 10_000 if text.endswith("万") else 1
    assert Decimal(text.removesuffix("万").replace(",", "")) * unit == field * 10_000
    assert field.as_tuple().exponent in range(-6, 1)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 1000))
def test_round_sums_keep_their_limits(low: int, width: int, seed: int) -> None:
    assert low * 100 <= round_sum(low, low + width, Dice(seed)) <= (low + width) * 100


@given(st.text(ALPHABET, min_size=8, max_size=8))
def test_broken_codes_are_never_valid_by_accident(first8: str) -> None:
    first17 = f"91380102{first8}{identifiers.org_code_check_character(first8)}"
    uscc = first17 + identifiers.uscc_check_character(first17)
    assert identifiers.is_uscc(uscc)
    assert not identifiers.is_uscc(wrong_check(uscc))
    assert "O" in letter_o(uscc)
    assert not identifiers.is_org_code(letter_o(uscc))


@given(st.integers(0, 5000))
def test_broken_rows_can_be_counted_beforehand(rows: int) -> None:
    faults = tuple(Fault)
    places = {7 + 13 * i for i in range(len(faults))}
    assert count_faults(rows, faults) == sum(n % PERIOD in places for n in range(rows))


def test_faults_depend_on_the_columns() -> None:
    assert set(possible_faults(["uscc", "org_code", "list_name"], breakable=True)) == set(Fault)
    assert possible_faults(["id_number"], breakable=False) == (
        Fault.MISSING_FIELD, Fault.NO_SUCH_DAY, Fault.FUTURE_DECISION,
    )  # fmt: skip


def test_persons_are_valid_distinct_and_of_no_real_region() -> None:
    people = People(load_words(), TODAY, 1)
    found = [
        people.person(n) for n in (*range(4000), *range(REPRESENTATIVES, REPRESENTATIVES + 4000))
    ]
    assert len({person.id_number for person in found}) == len(found)
    assert all(identifiers.is_id_number(person.id_number) for person in found)
    assert {person.id_number[:4] for person in found} == {"3801"}
    assert all(identifiers.id_birth_date(person.id_number) == person.birth for person in found)
    assert {person.sex for person in found} == {"男", "女"}
    ages = [person.age(TODAY) for person in found]
    minors = sum(age < 18 for age in ages)
    assert 0 < minors < len(found) / 20
    assert min(ages) >= 4
    assert max(ages) < 90


def test_names_are_of_every_kind() -> None:
    people = People(load_words(), TODAY, 1)
    names = [people.name(n) for n in range(3000)]
    assert len(set(names)) > 2000
    assert any("·" in name for name in names)
    assert any(name.startswith("欧阳") for name in names)
    assert any(ord(character) > 0xFFFF for name in names for character in name)
    assert {len(name) for name in names} >= {2, 3, 4}


@given(st.dates(date(2001, 1, 1), date(2095, 12, 31)), st.integers(0, 3000))
def test_a_person_is_an_adult_unless_meant_to_be_a_minor(today: date, number: int) -> None:
    person = People(load_words(), today, 3).person(number)
    assert (person.age(today) < 18) == (number % 41 == 40)


def test_authorities_have_valid_codes_of_the_invented_city() -> None:
    authorities = Authorities(load_words())
    codes = [authority.code for authority in authorities.all()]
    assert len(set(codes)) == len(codes) > 250
    assert all(identifiers.is_uscc(code) for code in codes)
    assert {code[2:6] for code in codes} == {"3801"}
    assert all(identifiers.is_org_code(identifiers.org_code_of(code)) for code in codes)
    dice = Dice(1)
    found = {authorities.find("police", "380121", dice).name for _ in range(50)}
    assert found == {"澄州市公安局", "澄州市青屏县公安局"}
    assert authorities.find("customs", "380121", dice).name == "澄州海关"


def test_document_numbers_run_by_authority_word_and_year() -> None:
    authorities, numbers = Authorities(load_words()), Numbering(Dice(1))
    market = authorities.find("market", "3801", Dice(1))
    tax = authorities.find("tax", "3801", Dice(1))
    given_out = [
        numbers.decision(market, "处罚", 2026),
        numbers.decision(market, "处罚", 2026),
        numbers.decision(market, "处罚", 2025),
        numbers.decision(tax, "处罚", 2026),
    ]
    folded = [identifiers.fold_document_number(number) for number in given_out]
    assert folded == [
        "澄市监处罚(2026)1号", "澄市监处罚(2026)2号", "澄市监处罚(2025)1号", "澄税处罚(2026)1号",
    ]  # fmt: skip
    many = "".join(numbers.decision(tax, "许", 2026) for _ in range(100))
    assert all(bracket in many for bracket in "〔[【（(")
    court = authorities.court("380102", Dice(2))
    assert identifiers.fold_document_number(numbers.case(court, "执", 2026)) == "(2026)岭0102执1号"


def test_a_fact_of_the_row_goes_before_what_is_made_up() -> None:
    words = load_words()
    scribe = Scribe(words, People(words, TODAY, 1), Dice(1))
    assert (
        scribe.write("罚{fine}元，{licence}。", {"fine": "200", "licence": "甲证"})
        == "罚200元，甲证。"
    )
    assert scribe.write("罚{fine}元", {}) != scribe.write("罚{fine}元", {"fine": "1"})
    scribe.settle("380121")
    assert "青屏县" in scribe.write("{address}", {})


def test_every_template_can_be_written() -> None:
    words = load_words()
    scribe = Scribe(words, People(words, TODAY, 1), Dice(1))
    facts = dict.fromkeys(("day", "year", "object", "licence"), "某")
    templates = [
        *(text for kind in words.permits for text in kind.contents),
        *(text for kind in words.penalties for text in kind.facts),
        *words.clauses.values(),
        *(text for kind in words.lists for text in kind.reasons),
        *(text for case in words.cases for text in case.holdings),
        *(text for kind in words.commitments for text in (*kind.matters, *kind.contents)),
        *(text for kind in words.dishonesty for text in kind.facts),
        *words.courts["duties"], *words.courts["leaks"],
        *words.leaks["public"], *words.leaks["remarks"],
    ]  # fmt: skip
    written = [scribe.write(template, facts) for template in templates]
    assert len(written) > 150
    assert not [text for text in written if "{" in text or "}" in text]
    lengths = sorted(
        len(scribe.write(text, facts)) for kind in words.penalties for text in kind.facts
    )
    assert lengths[0] >= 50
    assert lengths[-1] <= 150


def test_word_lists_agree_with_each_other() -> None:
    words = load_words()
    keys = {kind.key for kind in words.authorities}
    asked = {kind.authority for kind in words.permits}
    asked |= {kind.authority for kind in words.penalties}
    asked |= {kind.authority for kind in words.lists}
    asked |= {kind.authority for kind in words.commitments}
    asked |= {form.registrar for form in words.forms}
    assert asked <= keys
    for industry in words.industries:
        for kinds in (words.permits, words.penalties):
            assert any({industry.sector, "*"} & set(kind.sectors) for kind in kinds)
    types = {name for kind in words.penalties for text in kind.types for name in text.split("；")}
    assert types <= set(words.clauses)
    assert {kind.object for kind in words.penalties} <= set(words.objects)
