"""Mask the names of third persons in running text.

A Chinese name has no capital letter: it is known by what stands before it (举报人, 申请执行人,
偿还 …), by its surname and by what follows. Where these do not agree the text stays as it is.
Every pattern is bounded: time is linear.
"""

import re
from collections.abc import Collection, Iterator

from portal.names import NAME_DOTS
from portal.publish import name_words as words
from portal.publish.masks import mask_name
from portal.surnames import STRONG_SURNAMES, SURNAMES, compound_surname

_PAIR, _DOUBLE = 2, 4
_LONGEST_NAME = 10


def mask_names(text: str, subject_names: Collection[str] = ()) -> str:
    """Return text with the names of third persons as surname and `**`.

    Names in `subject_names` stay, and so do names of organisations.
    """
    spans = sorted(_name_spans(text, tuple(filter(None, subject_names))))
    parts: list[str] = []
    done = 0
    for start, end in spans:
        if start >= done:
            parts += (text[done:start], mask_name(text[start:end]))
            done = end
    return "".join(parts) + text[done:]


def _name_spans(text: str, subjects: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield where names stand, by each of the ways to know one."""
    for match in words.AFTER_ROLE.finditer(text):
        if _is_role(text, match.start()):
            yield from _list_from(text, match.end(), subjects, sure=False)
    for match in words.AFTER_ANYBODY.finditer(text):
        yield from _list_from(text, match.end(), subjects, sure=True)
    for match in words.AFTER_VERB.finditer(text):
        yield from _list_from(text, match.end(), subjects, sure=True)
    for match in words.AFTER_GIVING.finditer(text):
        yield from _list_from(text, match.end(), subjects, sure=False)
    seen = 0
    for match in words.BETWEEN.finditer(text):
        if match.end() < seen:
            continue
        spans = list(_list_from(text, match.end(), subjects, sure=True, closing=words.BETWEEN_END))
        if spans:
            seen = spans[-1][1]
            if words.BETWEEN_END.match(text, seen):
                yield from spans
    if "某" in text:
        yield from _anonymous(text, subjects)
    for clue in words.TITLED.finditer(text):
        yield from _name_before(text, clue.start(), subjects, clause=False)
    for clue in words.KNOWN_BY_WHAT_FOLLOWS.finditer(text):
        end = clue.start()
        paused = end - 1 if end and text[end - 1] in words.PAUSE else end
        yield from _name_before(text, paused, subjects, clause=True)


def _is_role(text: str, last: int) -> bool:
    """Tell whether a word for a person ends with the character at `last`."""
    end = last + 1
    return text.endswith(words.ROLES[text[last]], max(0, end - words.LONGEST_ROLE), end)


def _list_from(
    text: str,
    start: int,
    subjects: tuple[str, ...],
    *,
    sure: bool,
    closing: re.Pattern[str] = words.SURE_AFTER,
) -> Iterator[tuple[int, int]]:
    """Yield the name at `start` and those listed after it (`张三、李四和王五`).

    With `sure`, only what follows a name (`closing`) can confirm it.
    """
    while True:
        end = _name_end(text, start, subjects, sure=sure, closing=closing)
        if end == start:
            return
        if not text.startswith(subjects, start):
            yield start, end
        comma = words.LISTED.match(text, end)
        if not comma:
            return
        start, sure = comma.end(), sure or comma[0] != "、"


def _name_end(
    text: str, start: int, subjects: tuple[str, ...], *, sure: bool, closing: re.Pattern[str]
) -> int:
    """Return where the name that begins at `start` ends, or `start` where there is none."""
    for subject in subjects:
        if text.startswith(subject, start):
            return start + len(subject)
    if text[start : start + 1] in words.FUNCTION_WORDS and _is_organisation(text, start + 1):
        return start
    window = text[start : start + _LONGEST_NAME]
    foreign = _foreign_end(text, start, window)
    if foreign > start:
        return foreign
    surname = len(compound_surname(window)) or 1
    known = surname > 1 or window[:1] in SURNAMES
    starred = words.STARS.match(text, start + surname) if known else None
    if starred:
        return starred.end()
    anonymous = words.ANONYMOUS_REST.match(text, start + surname)
    end = start
    if anonymous and not words.NOT_ANONYMOUS.match(text, start + surname):
        end = _anonymous_end(text, start + surname)
    elif known and not anonymous and _may_begin(text, start, surname):
        end += _name_length(text, start, sure=sure, closing=closing)
    return end if end > start and not _is_organisation(text, start) else start


def _foreign_end(text: str, start: int, window: str) -> int:
    """Return where a Latin name or one with a middle dot ends, or `start`."""
    if window[:1].isascii():
        latin = words.LATIN.match(text, start)
        return latin.end() if latin else start
    dotted = words.DOTTED.match(text, start) if any(dot in window for dot in NAME_DOTS) else None
    if not dotted:
        whole = words.TRANSLITERATED.match(window)
        foreign = whole and _is_transliterated(text, start, whole.end())
        return start + whole.end() if whole and foreign else start
    if words.INSIDE_NEVER.intersection(dotted[1]):
        return start
    ends = range(dotted.start(2) + 1, dotted.end())
    return next((end for end in ends if words.SURE_AFTER.match(text, end)), dotted.end())


def _is_transliterated(text: str, start: int, length: int) -> bool:
    """Tell whether so many characters that write foreign names are one: its end must be sure."""
    longer = length >= _DOUBLE or text[start] not in SURNAMES
    return (
        longer
        and words.SURE_AFTER.match(text, start + length) is not None
        and not _is_everyday(text, start)
    )


def _is_everyday(text: str, start: int) -> bool:
    """Tell whether an everyday word begins at `start` rather than a name."""
    everyday = text[start : start + _PAIR] in words.EVERYDAY
    return everyday or words.MORE_LIKELY_TEXT.match(text, start) is not None


def _may_begin(text: str, start: int, surname: int) -> bool:
    """Tell whether more than a surname may stand at `start`: 许女士 shows no more already."""
    return not words.TITLE.match(text, start + surname) and not _is_everyday(text, start)


def _is_organisation(text: str, start: int) -> bool:
    """Tell whether the name of an organisation begins at `start`."""
    match = words.ORGANISATION.match(text, start)
    return match is not None and not words.NOT_IN_ORGANISATION.search(match[0])


def _name_length(text: str, start: int, *, sure: bool, closing: re.Pattern[str]) -> int:
    """Return how many Han characters at `start` are a name: 0 for none, 2, 3 or 4."""
    match = words.HAN_RUN.match(text, start)
    run = match[0] if match else ""
    shortest = (len(compound_surname(run)) or 1) + 1
    likely = [
        length
        for length in range(shortest, min(shortest + 1, len(run)) + 1)
        if not words.INSIDE_NEVER.intersection(run[shortest - 1 : length])
        and (closing.match(text, start + length) or words.LISTED.match(text, start + length))
    ]
    if likely:
        return _best(text, start, likely)
    double = len(run) == _DOUBLE and run[1] in STRONG_SURNAMES
    if double and closing.match(text, start + _DOUBLE):
        return _DOUBLE
    return 0 if sure else _by_default(text, start, run, shortest)


def _best(text: str, start: int, likely: list[int]) -> int:
    """Return the better of the lengths: the longer, unless the shorter ends before a sure word."""
    after = start + likely[0]
    word = words.SURE_AFTER.match(text, after)
    certain = word and (len(word[0]) != 1 or text[after] in words.INSIDE_NEVER)
    return likely[0] if certain else likely[-1]


def _by_default(text: str, start: int, run: str, shortest: int) -> int:
    """Return the length of a name that a word for a person announces and nothing ends."""
    weak = shortest == _PAIR and run[:1] not in STRONG_SURNAMES
    if weak or words.PLACE.intersection(run):
        return 0
    if len(run) < shortest or words.INSIDE_NEVER.intersection(run[1:shortest]):
        return 0
    if words.MAYBE_AFTER.match(text, start + shortest):
        return shortest
    return min(len(run), shortest + 1)


def _anonymous(text: str, subjects: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield names that the source made anonymous (张某某), wherever they stand."""
    for match in words.ANONYMOUS.finditer(text):
        place = match.start()
        known = match[1] in SURNAMES and match[1] not in words.FUNCTION_WORDS
        barred = words.NOT_ANONYMOUS.match(text, place + 1)
        if not known or barred or text.startswith(subjects, place):
            continue
        if compound_surname(text[max(0, place - 1) : place + 1]):
            place -= 1
        if not _is_organisation(text, place):
            yield place, _anonymous_end(text, match.end() - 1)


def _anonymous_end(text: str, place: int) -> int:
    """Return where a name ends whose 某 stands at `place`: 张某某, 张某甲, 张某1, 张某军."""
    match = words.ANONYMOUS_REST.match(text, place)
    end = match.end() if match else place + 1
    alone = end == place + 1 and words.HAN_RUN.match(text, end)
    if alone and not words.SURE_AFTER.match(text, end) and words.SURE_AFTER.match(text, end + 1):
        return end + 1
    return end


def _name_before(
    text: str, end: int, subjects: tuple[str, ...], *, clause: bool
) -> Iterator[tuple[int, int]]:
    """Yield the full name that ends at `end`, before a form of address or another clue.

    With `clause`, it has to begin a clause or an item of a list.
    """
    for length in (_DOUBLE, _DOUBLE - 1, _PAIR):
        start = max(0, end - length)
        name = text[start:end]
        opening = (
            start == 0 or not words.HAN_RUN.match(text, start - 1) or text[start - 1] in "和及"
        )
        if (opening or not clause) and _can_be_name(text, start, name):
            if name not in subjects:
                yield start, end
            return


def _can_be_name(text: str, start: int, name: str) -> bool:
    """Tell whether `name` looks like one: surname, length, no function word, no everyday word."""
    if not words.ALL_HAN.fullmatch(name) or words.INSIDE_NEVER.intersection(name):
        return False
    compound = compound_surname(name)
    if compound:
        return len(name) > len(compound) and not _is_everyday(text, start)
    double = len(name) < _DOUBLE or name[1] in STRONG_SURNAMES
    known = len(name) >= _PAIR and name[0] in STRONG_SURNAMES and double
    return known and not _is_everyday(text, start)
