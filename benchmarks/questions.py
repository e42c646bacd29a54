"""The questions of the benchmark by class, drawn from what a city has on record."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from pypinyin import Style, lazy_pinyin

from benchmarks.city import TODAY, City, Subject
from benchmarks.engines.engine import Question, Seek
from benchmarks.texts import wordings
from portal.sample.words import load_words
from search_index.company_name import parts_of
from search_index.query import Filters
from search_index.schema import RecordDocument
from search_index.text import fold, fold_name

PER_CLASS = 80
"""So many questions of every class, at most."""

_COMMON = (
    "公司", "有限公司", "有限责任公司", "贸易", "建筑", "科技",
    "商贸", "工程", "信息技术", "管理", "食品", "服务",
)  # fmt: skip
_ABSENT = "穹𪚥"
_CANDIDATES = 5
_BRAND, _FRAGMENT, _LETTERS, _WORD, _PHRASE = 2, 4, 6, 4, 8


@dataclass(frozen=True, slots=True)
class QuestionClass:
    """Questions of one kind; `own` tells that only this project's engine understands them."""

    title: str
    questions: Sequence[Question]
    own: bool = False


def question_classes(city: City, per_class: int = PER_CLASS) -> Sequence[QuestionClass]:
    """Draw the questions; always the same ones for a city.

    Titles end in T where answers are the first results and the total, in F where facets are added.
    """
    dice = random.Random(city.seed)  # noqa: S311 - invented data
    subjects = _chosen(city, dice, per_class)
    records = [dice.choice(_public(subject)) for subject in subjects]
    return [
        *_of_names(subjects, dice),
        *_of_records(subjects, records, dice),
        *_of_nothing(subjects, records, dice),
        *_of_our_own(subjects),
    ]


def _of_names(subjects: Sequence[Subject], dice: random.Random) -> list[QuestionClass]:
    names = _names(subjects)
    common = dict.fromkeys((*_COMMON, *(name[:2] for name in names[: len(names) // 2])))
    cores = [_core(name)[:_FRAGMENT] for name in names]
    misspelt = [_misspelt(name, dice) for name in names]
    return [
        QuestionClass("whole name T", _meant("name", names, subjects)),
        QuestionClass("distinctive fragment T", _meant("name", cores, subjects)),
        QuestionClass("too common fragment T", [Question("name", text) for text in common]),
        QuestionClass("misspelt name T", _meant("misspelt", misspelt, subjects)),
        QuestionClass("code T", _meant("code", [each.uscc for each in subjects], subjects)),
    ]


def _of_records(
    subjects: Sequence[Subject], records: Sequence[RecordDocument], dice: random.Random
) -> list[QuestionClass]:
    def rare() -> list[Question]:
        return [Question("records", _piece(record, dice, _PHRASE, 10)) for record in records]

    def common() -> list[Question]:
        return [Question("records", text) for text in _some_wordings(dice, len(records))]

    def narrowed() -> list[Question]:
        return [Question("records", filters=_filters(record, dice)) for record in records]

    def named() -> list[Question]:
        both = zip(_names(subjects), records, strict=True)
        return [
            Question("records", f"{_core(name)[:_FRAGMENT]} {_piece(record, dice, _WORD, 6)}")
            for name, record in both
        ]

    return [
        *_with_and_without_facets("body phrase, rare", rare),
        *_with_and_without_facets("body phrase, common", common),
        *_with_and_without_facets("filters", narrowed),
        *_with_and_without_facets("name and body", named),
    ]


def _of_nothing(
    subjects: Sequence[Subject], records: Sequence[RecordDocument], dice: random.Random
) -> list[QuestionClass]:
    names = [Question("name", name[:2] + _ABSENT + name[2:4]) for name in _names(subjects)]
    phrases = [_piece(record, dice, _WORD, _WORD) + _ABSENT for record in records]
    return [
        QuestionClass("no such name T", names),
        QuestionClass("no such phrase T", [Question("records", text) for text in phrases]),
    ]


def _of_our_own(subjects: Sequence[Subject]) -> list[QuestionClass]:
    cores = [_core(name) for name in _names(subjects)]
    parts = [core[:_BRAND] + core[-_BRAND:] for core in cores]
    sounds = ["".join(lazy_pinyin(core[:_FRAGMENT])).lower() for core in cores]
    letters = [
        "".join(lazy_pinyin(core[:_LETTERS], style=Style.FIRST_LETTER)).lower() for core in cores
    ]
    typed = [core[: _BRAND + place % _BRAND] for place, core in enumerate(cores)]
    return [
        QuestionClass("parts in order T", _meant("misspelt", parts, subjects), own=True),
        QuestionClass("pinyin T", _meant("misspelt", sounds, subjects), own=True),
        QuestionClass("pinyin initials T", _meant("misspelt", letters, subjects), own=True),
        QuestionClass("suggestions", _meant("suggest", typed, subjects), own=True),
    ]


def _meant(seek: Seek, texts: Sequence[str], subjects: Sequence[Subject]) -> list[Question]:
    return [
        Question(seek, text, meant=subject.name.row)
        for text, subject in zip(texts, subjects, strict=True)
    ]


def _names(subjects: Sequence[Subject]) -> list[str]:
    return [fold_name(subject.name.name) for subject in subjects]


def _with_and_without_facets(
    title: str, draw: Callable[[], Sequence[Question]]
) -> Sequence[QuestionClass]:
    # Drawn twice: what was asked without facets would not be cold with them.
    return (
        QuestionClass(f"{title} T", draw()),
        QuestionClass(f"{title} F", [replace(question, facets=True) for question in draw()]),
    )


def _chosen(city: City, dice: random.Random, per_class: int) -> Sequence[Subject]:
    """Return subjects that have something to show and a name of their own, not a branch's."""
    numbers = set(dice.sample(range(city.subjects), min(city.subjects, per_class * _CANDIDATES)))
    named = enumerate(city.all_names())
    found = [city.subject(n, name, uscc) for n, (name, uscc) in named if n in numbers]
    dice.shuffle(found)
    return list(islice((each for each in found if _public(each) and _is_own(each)), per_class))


def _is_own(subject: Subject) -> bool:
    parts = parts_of(fold_name(subject.name.name))
    return not parts.branch and parts.core_length > _FRAGMENT


def _public(subject: Subject) -> Sequence[RecordDocument]:
    return [record for record in subject.records if record.until >= TODAY]


def _core(name: str) -> str:
    parts = parts_of(name)
    return name[parts.start : parts.end]


def _piece(record: RecordDocument, dice: random.Random, shortest: int, longest: int) -> str:
    """Cut a piece out of a record's folded text; no decimal point is at its ends."""
    text, length = fold(record.texts[0]), dice.randint(shortest, longest)
    start = dice.randrange(len(text) - length)
    return text[start : start + length].strip(".")


def _some_wordings(dice: random.Random, count: int) -> list[str]:
    found = []
    for _ in range(count):
        text, length = dice.choice(wordings()), dice.randint(4, 6)
        start = dice.randrange(max(len(text) - length, 0) + 1)
        found.append(text[start : start + length])
    return list(dict.fromkeys(found))


def _filters(record: RecordDocument, dice: random.Random) -> Filters:
    """Return filters that a record passes, of one of the kinds that readers combine."""
    decided = record.decided_on or TODAY
    since = decided - timedelta(days=180)
    code, authority, region = record.class_code, record.authority, record.region
    listed = Filters(list_code=record.list_code)
    kinds = [
        Filters(class_code=code),
        Filters(authority=authority),
        Filters(region=region),
        Filters(decided_from=since, decided_to=decided),
        Filters(class_code=code, region=region),
        Filters(class_code=code, authority=authority, decided_from=since),
        Filters(region=region, decided_from=since, decided_to=decided),
    ]
    return dice.choice([*kinds, listed] if record.list_code else kinds)


def _misspelt(name: str, dice: random.Random) -> str:
    """Return a name with one or two characters of its core wrong, missing or swapped."""
    start = parts_of(name).start
    for _ in range(dice.choice((1, 1, 2))):
        at = start + dice.randrange(_FRAGMENT)
        before, here, after = name[:at], name[at : at + 1], name[at + 1 :]
        wrong = dice.choice(load_words().organisations["syllables"])
        mistakes = (before + wrong + after, before + after, before + after[:1] + here + after[1:])
        name = dice.choice(mistakes)
    return name
