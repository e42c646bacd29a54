"""The organisations of the sample: names, credit codes, what they do. Invented, or from a file."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from portal import identifiers
from portal.sample.dice import Dice, Shuffle
from portal.sample.people import REPRESENTATIVES, People
from portal.sample.words import District, Form, Words

HOUSEHOLD_PREFIX = "92"
INSTITUTION_PREFIX = "12"

_CODE_SIZE = 1 << 26
_OLD_CODE_SHARE = 0.4
_RENAMED_SHARE = 0.04
_OWNER_NAME_SHARE = 0.12
_PARENT_NAME_SHARE = 0.5
_NAMESAKE_EVERY = 199
_REGISTRATION_SIZE = 10**8
_BRANCH = "分公司"
_BRAND_WORDS = ("syllables", "double_syllables", "traditional", "latin", "digits")
_BRANDS = (
    ("{pair}",) * 66
    + ("{pair}{syllables}",) * 17
    + ("{pair}{double_syllables}",) * 6
    + ("{double_syllables}{second}",) * 3
    + ("{pair}{traditional}",) * 3
    + ("{latin}{pair}",) * 3
    + ("{digits}{pair}",) * 2
)
"""Shapes of brands: two syllables, three, four; with traditional, Latin letters, digits."""


class Organisation(NamedTuple):
    """An organisation or household; `former_name` is empty unless it was renamed."""

    number: int
    name: str
    uscc: str
    form: Form
    sector: str
    district: District
    former_name: str

    @property
    def is_household(self) -> bool:
        """Whether it is a 个体工商户."""
        return self.uscc.startswith(HOUSEHOLD_PREFIX)


class Organisations:
    """All organisations, kept small: two texts and three bytes each."""

    def __init__(self, words: Words, people: People, seed: int) -> None:
        self._words = words
        self._people = people
        self._seed = seed
        self._names: list[str] = []
        self._codes: list[str] = []
        self._forms = bytearray()
        self._industries = bytearray()
        self._districts = bytearray()
        self._former: dict[int, str] = {}
        self.from_file = 0
        """How many of them came from the names file."""

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Organisation:
        form = self._words.forms[self._forms[index]]
        return Organisation(
            index,
            self._names[index],
            self._codes[index],
            form,
            form.sector or self._words.industries[self._industries[index]].sector,
            self._words.city.districts[self._districts[index]],
            self._former.get(index, ""),
        )

    def __iter__(self) -> Iterator[Organisation]:
        return map(self.__getitem__, range(len(self)))

    def representative(self, index: int) -> str:
        """Return the name of the legal representative of an organisation."""
        return self._people.name(REPRESENTATIVES + index)

    def representative_id(self, index: int) -> str:
        """Return the ID number of the legal representative."""
        return self._people.person(REPRESENTATIVES + index).id_number

    def registration(self, index: int) -> str:
        """Return the old fifteen-digit registration number of an organisation."""
        region = self._words.city.districts[self._districts[index]].code
        first14 = f"{region}{index % _REGISTRATION_SIZE:08d}"
        return first14 + identifiers.registration_check_digit(first14)

    def take(self, named: Iterable[tuple[str, str]]) -> None:
        """Add organisations with the given names and credit codes."""
        words, dice = self._words, Dice(self._seed, "named")
        forms = _first_forms(words)
        for name, code in named:
            self._names.append(name)
            self._codes.append(code)
            self._forms.append(forms.get(code[:2], 0))
            self._industries.append(_industry_in(name, words, dice))
            self._districts.append(dice.between(0, len(words.city.districts) - 1))
        self.from_file = len(self._names)

    def invent(self, count: int) -> None:
        """Add invented organisations until there are so many."""
        words, dice = self._words, Dice(self._seed, "organisations")
        names = NameMaker(words, dice, self._seed)
        serials = Shuffle(_CODE_SIZE, "codes", self._seed)
        forms = [i for i, form in enumerate(words.forms) for _ in range(form.weight)]
        for index in range(len(self._names), count):
            form_index = dice.pick(forms)
            form = words.forms[form_index]
            place = dice.between(0, len(words.city.districts) - 1)
            district = words.city.districts[place]
            name, industry = names.name(index, form, district)
            if index % _NAMESAKE_EVERY == 1 and self._names:
                name, form_index = self._names[-1], self._forms[-1]
                form = words.forms[form_index]
            self._names.append(self._adapted(name, index, form, district, dice))
            self._codes.append(_credit_code(form, district, serials(index), dice))
            self._forms.append(form_index)
            self._industries.append(industry)
            self._districts.append(place)
            if dice.chance(_RENAMED_SHARE) and form.word != _BRANCH:
                self._former[index] = names.name(count + index, form, district)[0]

    def _adapted(self, name: str, index: int, form: Form, district: District, dice: Dice) -> str:
        """Return the name of a branch after its parent, of a household after its owner."""
        if form.word == _BRANCH and index and dice.chance(_PARENT_NAME_SHARE):
            parent = self._names[index - 1]
            if parent.endswith("有限公司"):
                return f"{parent}{district.short}{_BRANCH}"
        if form.prefix == HOUSEHOLD_PREFIX and dice.chance(_OWNER_NAME_SHARE):
            return self.representative(index)
        return name


class NameMaker:
    """Names of invented organisations: place, brand, industry and form.

    Two brand syllables, place and industry of different numbers differ, so names hardly repeat.
    """

    def __init__(self, words: Words, dice: Dice, seed: int) -> None:
        lists = words.organisations
        self._lists = lists
        self._words = words
        self._dice = dice
        self._by_sector = _industries_by_sector(words)
        size = len(lists["syllables"]) ** 2 * len(lists["places"]) * len(words.industries)
        self._tuples = Shuffle(size, "brands", seed)

    def name(self, number: int, form: Form, district: District) -> tuple[str, int]:
        """Return the name of the organisation of that number, and the index of its industry."""
        words, dice, lists = self._words, self._dice, self._lists
        rest, industry = divmod(self._tuples(number), len(words.industries))
        rest, place = divmod(rest, len(lists["places"]))
        first, second = divmod(rest, len(lists["syllables"]))
        if form.sector:
            fitting = self._by_sector[form.sector]
            industry = fitting[industry % len(fitting)]
        pattern = dice.pick(form.patterns).replace("{place}", lists["places"][place])
        city = words.city
        name = pattern.format(
            brand=self._brand(lists["syllables"][first], lists["syllables"][second]),
            industry=words.industries[industry].word,
            short=city.short,
            city=city.name,
            province=city.province,
            province_short=city.province.removesuffix("省"),
            district=district.short,
            district_name=district.name,
            town=dice.pick(district.towns),
            crop=dice.pick(lists["crops"]),
            shop=dice.pick(lists["shops"]),
            shop_word=dice.pick(lists["shop_words"]),
        )
        return name, industry

    def _brand(self, first: str, second: str) -> str:
        shape = self._dice.pick(_BRANDS)
        if shape == _BRANDS[0]:
            return first + second
        more = {key: self._dice.pick(self._lists[key]) for key in _BRAND_WORDS}
        return shape.format(pair=first + second, second=second, **more)


def _credit_code(form: Form, district: District, serial: int, dice: Dice) -> str:
    """Return a valid credit code: of the old kind with a numeric organisation code, or MA…"""
    if dice.chance(_OLD_CODE_SHARE):
        first8 = f"{serial:08d}"
    else:
        letters = ""
        for _ in range(6):
            serial, place = divmod(serial, len(identifiers.USCC_ALPHABET))
            letters = identifiers.USCC_ALPHABET[place] + letters
        first8 = f"MA{letters}"
    first17 = form.prefix + district.code + first8 + identifiers.org_code_check_character(first8)
    return first17 + identifiers.uscc_check_character(first17)


def _industries_by_sector(words: Words) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, entry in enumerate(words.industries):
        found.setdefault(entry.sector, []).append(index)
    return found


def _first_forms(words: Words) -> Mapping[str, int]:
    """Return the first form of every credit code prefix."""
    return {form.prefix: i for i, form in reversed(list(enumerate(words.forms)))}


def _industry_in(name: str, words: Words, dice: Dice) -> int:
    """Return the industry whose word stands in a name, else any."""
    return next(
        (i for i, entry in enumerate(words.industries) if entry.word in name),
        dice.between(0, len(words.industries) - 1),
    )
