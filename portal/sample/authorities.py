"""Authorities and courts of the invented city, and the numbers they give their papers."""

from typing import NamedTuple

from portal import identifiers
from portal.sample.dice import Dice
from portal.sample.words import AuthorityKind, Words

_YEAR = ("〔{}〕",) * 6 + ("[{}]", "【{}】", "（{}）", "({})")
_CASE_YEAR = ("（{}）", "（{}）", "（{}）", "({})")
_CITY_SHARE = 0.25


class Authority(NamedTuple):
    """An authority or court: name, credit code, mark in document numbers, region code."""

    name: str
    code: str
    mark: str
    region: str


class Authorities:
    """Every authority, by kind and region."""

    def __init__(self, words: Words) -> None:
        self._city = words.city
        self._serial = 0
        self._found: dict[tuple[str, str], Authority] = {}
        for kind in words.authorities:
            self._add(kind)
        self._courts: dict[str, Authority] = {}
        self._add_courts()
        towns = [
            self._new(
                f"{words.city.name}{district.name}{town}{_town_office(town)}", "", district.code
            )
            for district in words.city.districts
            for town in district.towns
        ]
        self.bodies: tuple[Authority, ...] = (*self._found.values(), *towns)
        """Authorities and town governments: who can be dishonest as a government."""

    def find(self, key: str, region: str, dice: Dice) -> Authority:
        """Return the authority of a kind: a quarter of the city's, else that of the region."""
        if dice.chance(_CITY_SHARE):
            region = self._city.code
        return self._found.get((key, region)) or self._found[key, self._city.code]

    def court(self, region: str, dice: Dice) -> Authority:
        """Return a court: that of the region, or one time in ten the intermediate one."""
        return self._courts[self._city.code if dice.chance(0.1) else region]

    def all(self) -> tuple[Authority, ...]:
        """Return every authority that has a credit code, and the courts."""
        return (*self.bodies, *self._courts.values())

    def _add(self, kind: AuthorityKind) -> None:
        city = self._city
        place = city.name
        self._found[kind.key, city.code] = self._new(
            kind.name.format(place=place), city.mark + kind.mark, city.code, kind.prefix
        )
        if kind.level == "both":
            for district in city.districts:
                self._found[kind.key, district.code] = self._new(
                    kind.name.format(place=place + district.name),
                    district.mark + kind.mark,
                    district.code,
                    kind.prefix,
                )

    def _add_courts(self) -> None:
        city = self._city
        name = f"{city.province}{city.name}中级人民法院"
        self._courts[city.code] = self._new(name, f"{city.court_mark}01", city.code)
        for district in city.districts:
            mark = f"{city.court_mark}{district.code[2:]}"
            name = f"{city.name}{district.name}人民法院"
            self._courts[district.code] = self._new(name, mark, district.code)

    def _new(self, name: str, mark: str, region: str, prefix: str = "11") -> Authority:
        self._serial += 1
        first8 = f"00{self._serial:06d}"
        first17 = (
            prefix + region.ljust(6, "0") + first8 + identifiers.org_code_check_character(first8)
        )
        code = first17 + identifiers.uscc_check_character(first17)
        return Authority(name, code, mark, region)


def _town_office(town: str) -> str:
    return "办事处" if town.endswith("街道") else "人民政府"


class Numbering:
    """Running numbers of papers: one series for each authority, word and year."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._last: dict[tuple[str, str, int], int] = {}

    def decision(self, authority: Authority, word: str, year: int) -> str:
        """Return the next number of an authority: 澄市监罚〔2026〕12号, its brackets vary."""
        number = self._next(authority, word, year)
        return f"{authority.mark}{word}{self._dice.pick(_YEAR).format(year)}{number}号"

    def case(self, court: Authority, word: str, year: int) -> str:
        """Return the next case number of a court: （2026）岭0102执12号, its brackets vary."""
        number = self._next(court, word, year)
        return f"{self._dice.pick(_CASE_YEAR).format(year)}{court.mark}{word}{number}号"

    def _next(self, authority: Authority, word: str, year: int) -> int:
        key = (authority.code, word, year)
        self._last[key] = number = self._last.get(key, 0) + 1
        return number
