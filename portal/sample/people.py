"""Invented natural persons, each worked out from its number alone: no list of them is kept."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from portal import identifiers
from portal.sample.dice import Shuffle
from portal.sample.words import Words

REPRESENTATIVES = 100_000_000
"""Numbers from here on belong to the representatives of organisations."""

_ADULT_YEARS = 18
_ADULT_DAYS = 20_000
_MINOR_DAYS = 1_500
_MINOR_EVERY = 41
_FULL_SEQUENCES = 999
_PERCENT = 100
_NAME_SHARES = (("plain", 91), ("compound", 95), ("dotted", 97), ("rare", 100))


class Person(NamedTuple):
    """A natural person; `id_number` is a valid one of a region that does not exist."""

    name: str
    id_type: str
    id_number: str
    birth: date

    @property
    def sex(self) -> str:
        """男 or 女, from the parity of the 17th digit."""
        return "男" if self.id_number[16] in "13579" else "女"

    def age(self, day: date) -> int:
        """Return the age in full years on a day."""
        return (
            day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))
        )


class People:
    """All invented persons. ID numbers are distinct; names repeat, as they do in life."""

    def __init__(self, words: Words, today: date, seed: int) -> None:
        self._words = words.people
        self._regions: Sequence[str] = [
            f"{words.city.code}01",
            *(district.code for district in words.city.districts),
        ]
        size = len(self._regions) * _ADULT_DAYS * _FULL_SEQUENCES
        self._places = Shuffle(size, "people", seed)
        self._names = Shuffle(1 << 60, "names", seed)
        self._newest = today.replace(day=1).replace(year=today.year - _ADULT_YEARS)
        self._youngest = today - timedelta(days=5 * 365)

    def person(self, number: int) -> Person:
        """Return the person of that number; one in forty-one is a minor."""
        rest, sequence = divmod(self._places(number), _FULL_SEQUENCES)
        rest, offset = divmod(rest, _ADULT_DAYS)
        if number % _MINOR_EVERY == _MINOR_EVERY - 1 and number < REPRESENTATIVES:
            birth = self._youngest - timedelta(days=offset % _MINOR_DAYS)
        else:
            birth = self._newest - timedelta(days=offset + 1)
        first17 = (
            f"{self._regions[rest]}{birth.year}{birth.month:02d}{birth.day:02d}{sequence + 1:03d}"
        )
        return Person(
            self.name(number), "身份证", first17 + identifiers.id_check_character(first17), birth
        )

    def name(self, number: int) -> str:
        """Return the name of the person of that number."""
        words = self._words
        mixed = self._names(number)
        mixed, share = divmod(mixed, _PERCENT)
        style = next(style for style, limit in _NAME_SHARES if share < limit)
        if style == "dotted":
            mixed, first = _drawn(mixed, words["dotted_first"])
            return f"{first}·{_drawn(mixed, words['dotted_last'])[1]}"
        surnames = words["compound_surnames" if style == "compound" else "surnames"]
        mixed, surname = _drawn(mixed, surnames)
        mixed, first = _drawn(mixed, words["rare" if style == "rare" else "given"])
        mixed, short = divmod(mixed, 4)
        return surname + first + (_drawn(mixed, words["given"])[1] if short else "")


def _drawn(mixed: int, items: Sequence[str]) -> tuple[int, str]:
    """Return what is left of a mixed number, and the item it stood for."""
    mixed, place = divmod(mixed, len(items))
    return mixed, items[place]
