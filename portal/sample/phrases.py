"""Sentences from templates: `{slot}` is a fact of the row, a drawn word, or something made up."""

import re
from collections.abc import Callable, Mapping, Sequence

from portal.sample.dice import Dice
from portal.sample.people import People
from portal.sample.words import District, Words

Facts = Mapping[str, str]
Part = str | Callable[[Facts], str]

_SLOT = re.compile(r"\{(\w+)\}")
_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_HANDLES = ("linyu", "zhou88", "qiwu", "hello")
_THIRD_PARTIES = 50_000_000
"""Persons who only appear inside texts have numbers from here on."""


class Scribe:
    """Writes the texts of one stream of rows."""

    def __init__(self, words: Words, people: People, dice: Dice) -> None:
        self._words = words
        self._people = people
        self._dice = dice
        self._districts = {district.code: district for district in words.city.districts}
        self._here: District | None = None
        self._phrases: dict[str, list[Part]] = {}
        self._makers: Mapping[str, Callable[[], str]] = {
            "address": self._address,
            "home": self._home,
            "name": lambda: people.name(self._stranger()),
            "creditor": lambda: people.name(self._stranger()),
            "id": lambda: people.person(self._stranger()).id_number,
            "spaced_id": self._spaced_id,
            "mobile": lambda: f"1990000{dice.between(0, 9999):04d}",
            "wide_mobile": lambda: f"1990000{dice.between(0, 9999):04d}".translate(_WIDE),
            "email": lambda: f"{dice.pick(_HANDLES)}@example.com",
            "account": lambda: f"3801000000000{dice.between(0, 999999):06d}",
            "small": lambda: str(dice.between(2, 48)),
            "count": lambda: str(dice.between(6, 480)),
            "area": lambda: str(dice.between(30, 9000)),
            "capital": lambda: str(dice.between(1, 500) * 10),
            "alcohol": lambda: str(dice.between(21, 79)),
            "days": lambda: str(dice.between(5, 15)),
            "value": lambda: str(dice.between(200, 90_000)),
            "gain": lambda: str(dice.between(100, 20_000)),
            "fine": lambda: str(dice.between(10, 2_000) * 100),
            "amount": lambda: str(dice.between(2_000, 3_000_000)),
            "certificate": lambda: dice.pick(words.permits).certificate,
        }

    def settle(self, region: str) -> None:
        """Place what is written next in the district of that code; elsewhere for other codes."""
        self._here = self._districts.get(region)

    def write(self, template: str, facts: Facts) -> str:
        """Return a template with its slots filled; facts go before everything drawn."""
        parts = self._phrases.get(template)
        if parts is None:
            parts = self._phrases[template] = self._parts(template)
        return "".join([part if isinstance(part, str) else part(facts) for part in parts])

    def one_of(self, templates: Sequence[str], facts: Facts) -> str:
        """Return one of several templates, filled."""
        return self.write(self._dice.pick(templates), facts)

    def leaking(self, text: str, share: float = 0.015) -> str:
        """Return the text, in that share of all cases with personal data it should not have."""
        if self._dice.chance(share):
            return text + self.one_of(self._words.leaks["public"], {})
        return text

    def remark(self, share: float = 0.01) -> str:
        """Return an empty remark, or in that share of all cases one best not published."""
        if self._dice.chance(share):
            return self.one_of(self._words.leaks["remarks"], {})
        return ""

    def _parts(self, template: str) -> list[Part]:
        pieces = _SLOT.split(template)
        return [self._part(piece) if i % 2 else piece for i, piece in enumerate(pieces) if piece]

    def _part(self, slot: str) -> Part:
        items = self._words.objects.get(slot)
        if items is not None:
            return lambda _: self._dice.pick(items)
        maker = self._makers.get(slot)
        if maker is None:
            return lambda facts: facts[slot]
        return lambda facts: facts[slot] if slot in facts else maker()

    def _stranger(self) -> int:
        return _THIRD_PARTIES + self._dice.between(0, 9_999_999)

    def _address(self) -> str:
        dice, city = self._dice, self._words.city
        road = dice.pick(self._words.objects["road"])
        district = self._here or dice.pick(city.districts)
        return f"{city.name}{district.name}{road}{dice.between(1, 680)}号"

    def _home(self) -> str:
        dice = self._dice
        block, room = dice.between(1, 30), dice.between(101, 2804)
        return f"{self._words.city.province}{self._address()}{block}栋{room}室"

    def _spaced_id(self) -> str:
        number = self._people.person(self._stranger()).id_number
        match self._dice.between(0, 2):
            case 0:
                return f"{number[:6]} {number[6:14]} {number[14:]}"
            case 1:
                return number.translate(_WIDE)
        return f"{number[:6]}-{number[6:14]}-{number[14:]}"
