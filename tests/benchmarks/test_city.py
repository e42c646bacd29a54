"""The data of the benchmark is what its figures are said to be about."""

from collections import Counter
from itertools import islice

from benchmarks.city import TODAY, City
from benchmarks.texts import LONGEST, SHORTEST, wordings


def test_a_fifth_as_many_subjects_with_one_to_many_records() -> None:
    city = City(records=10_000)
    sizes = [len(subject.records) for subject in city.all_subjects()]
    assert (len(sizes), sum(sizes)) == (city.subjects, 10_000) == (2000, 10_000)
    assert min(sizes) == 1
    assert max(sizes) > 200
    assert Counter(sizes)[1] > 500


def test_any_number_of_records() -> None:
    for records in (1, 2, 5000, 5001, 5737):
        rows = [r.row for s in City(records).all_subjects() for r in s.records]
        assert rows == list(range(1, records + 1))


def test_a_subject_follows_from_its_number() -> None:
    city = City(records=8000)
    for number, subject in islice(enumerate(city.all_subjects()), 0, None, 271):
        assert city.subject(number, subject.name.name, subject.uscc) == subject


def test_records_are_varied_and_some_have_ended() -> None:
    records = [r for s in City(records=5000).all_subjects() for r in s.records]
    bodies = [record.texts[0] for record in records]
    assert all(SHORTEST <= len(body) <= LONGEST for body in bodies)
    assert len(set(bodies)) > 4990
    assert 0.1 < sum(record.until < TODAY for record in records) / len(records) < 0.5
    assert len({record.class_code for record in records}) == 9
    assert len({record.list_code for record in records} - {""}) == 14
    assert len({record.authority for record in records}) == 60
    assert len({record.region for record in records}) == 40
    counts = [sum(text in body for body in bodies) for text in wordings()]
    assert max(counts) > 1000
