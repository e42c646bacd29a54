"""All engines say the same of the same records, so that their times can be compared."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.city import TODAY, City, Subject
from benchmarks.engines.engine import FACETS, PAGE, Answer, Engine, Question
from benchmarks.engines.known import ENGINES, PORTAL, engine
from benchmarks.questions import question_classes
from portal.records import SubjectKind
from search_index.company_name import parts_of
from search_index.query import Filters
from search_index.schema import RecordDocument, record_order
from search_index.text import fold, fold_name

CITY = City(records=300)
SINCE = TODAY - timedelta(days=400)
FILTERS = [
    Filters(),
    Filters(class_code="penalty"),
    Filters(list_code="market-regulation"),
    Filters(authority="澄州市市场监督管理局", class_code="permit"),
    Filters(region="380101"),
    Filters(decided_from=SINCE),
    Filters(decided_to=SINCE, class_code="penalty"),
    Filters(decided_from=SINCE, decided_to=SINCE + timedelta(days=60)),
]


@pytest.fixture(scope="module")
def subjects() -> Sequence[Subject]:
    return list(CITY.all_subjects())


@pytest.fixture(scope="module", params=ENGINES)
def opened(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    subjects: Sequence[Subject],
) -> Iterator[tuple[str, Engine]]:
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    engine(name).build(folder, subjects)
    found = engine(name).open(folder, TODAY)
    yield name, found
    found.close()


def public_records(
    subjects: Sequence[Subject], words: Sequence[str], filters: Filters
) -> list[RecordDocument]:
    """Return the records that hold the words and pass, looked through one by one."""
    found = [
        record
        for subject in subjects
        for record in subject.records
        if record.until >= TODAY
        and passes(record, filters)
        and all(word in fold_name(subject.name.name) or word in texts(record) for word in words)
    ]
    return sorted(found, key=lambda record: record_order(record.decided_on, record.public_id))


def passes(record: RecordDocument, filters: Filters) -> bool:
    assert record.decided_on is not None
    wanted = {
        record.class_code: filters.class_code,
        record.list_code: filters.list_code,
        record.authority: filters.authority,
        record.region: filters.region,
    }
    return (
        all(given in ("", own) for own, given in wanted.items())
        and (not filters.decided_from or record.decided_on >= filters.decided_from)
        and (not filters.decided_to or record.decided_on <= filters.decided_to)
    )


def texts(record: RecordDocument) -> str:
    return fold(record.texts[0])


def check_records(
    opened: tuple[str, Engine], subjects: Sequence[Subject], question: Question
) -> Answer:
    name, engine = opened
    expected = public_records(subjects, question.words, question.filters)
    answer = engine.answer(question)
    if name == "whoosh" and question.text:  # its n-grams have no positions
        assert answer.total >= len(expected)
        return answer
    assert answer.total == len(expected), question
    assert list(answer.rows) == [record.row for record in expected[:PAGE]], question
    if question.facets:
        check_facets(answer, expected)
    return answer


def check_facets(answer: Answer, expected: Sequence[RecordDocument]) -> None:
    assert set(answer.facets) == set(FACETS)
    for facet in FACETS:
        attribute = {"class": "class_code", "list": "list_code"}.get(facet, facet)
        counts = Counter(getattr(record, attribute) for record in expected)
        del counts[""]
        found = dict(answer.facets[facet])
        assert found == {value: counts[value] for value in found}
        assert len(found) == min(len(counts), 50)


def test_names_by_fragment_and_whole(
    opened: tuple[str, Engine], subjects: Sequence[Subject]
) -> None:
    public = [subject.name for subject in subjects if subject.name.until >= TODAY]
    assert 0 < len(public) < len(subjects)
    for subject in subjects:
        whole = fold_name(subject.name.name)
        start = parts_of(whole).start
        for text in (whole, whole[start : start + 4], whole[-4:]):
            expected = {name.row for name in public if text in fold_name(name.name)}
            answer = opened[1].answer(Question("name", text))
            assert answer.total == len(expected), text
            if len(expected) <= PAGE // 2:
                assert expected <= set(answer.rows), text


def test_codes(opened: tuple[str, Engine], subjects: Sequence[Subject]) -> None:
    for subject in subjects[:20]:
        rows = opened[1].answer(Question("code", subject.uscc)).rows
        assert list(rows) == [subject.name.row] * (subject.name.until >= TODAY)


@pytest.mark.parametrize("length", [2, 5, 9])
def test_phrases_of_bodies(
    opened: tuple[str, Engine], subjects: Sequence[Subject], length: int
) -> None:
    for subject in subjects[:30]:
        text = texts(subject.records[0])
        start = 7 * length
        piece = text[start : start + length].strip(".")
        check_records(opened, subjects, Question("records", piece, facets=True))


def test_name_and_body(opened: tuple[str, Engine], subjects: Sequence[Subject]) -> None:
    found = 0
    for subject in subjects[:30]:
        words = f"{fold_name(subject.name.name)[-6:]} {texts(subject.records[0])[20:25]}"
        found += check_records(opened, subjects, Question("records", words)).total
    assert found


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("facets", [False, True])
def test_filters(
    opened: tuple[str, Engine], subjects: Sequence[Subject], filters: Filters, facets: bool
) -> None:
    question = Question("records", filters=filters, facets=facets)
    assert check_records(opened, subjects, question).total > 0


def test_every_class_of_questions_is_answered(opened: tuple[str, Engine]) -> None:
    name, engine = opened
    for each in question_classes(CITY, per_class=4):
        if name != PORTAL and each.own:
            continue
        answers = [engine.answer(question) for question in each.questions]
        found = [answer.total > 0 for answer in answers]
        if each.title.startswith("no such"):
            assert not any(found), each.title
        elif each.title.startswith("too common"):  # common in a larger city
            assert any(found)
        else:
            assert found, each.title
            assert all(found), each.title


def test_the_names_of_a_file_come_first(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("name,uscc\n乌有面馆,92380102MA00000000\n子虚有限公司,\n", encoding="utf-8")
    first, second, third, *_ = City(records=100, names=str(path)).all_subjects()
    assert (first.name.name, first.uscc) == ("乌有面馆", "92380102MA00000000")
    assert first.name.kind is SubjectKind.HOUSEHOLD
    assert second.name.name == "子虚有限公司"
    assert third.name.name != ""
