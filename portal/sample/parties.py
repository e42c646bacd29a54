"""Who the rows are about: organisations and households, some busier than others, and persons."""

from dataclasses import dataclass

from portal import identifiers
from portal.sample.organisations import Organisation
from portal.sample.people import Person
from portal.sample.world import Row, Stream

_ACTIVE_SHARE = 0.8
"""The others have nothing but their code assignment."""

_SKEW = 1.5
_SMALLEST_CROWD = 100
_FORMER_NAME_SHARE = 0.3
_NOISE_SHARE = 0.003
_OTHER_ID_SHARE = 0.03
_WIDE = str.maketrans(
    "0123456789ABCDEFGHJKLMNPQRTUWXY",
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＪＫＬＭＮＰＱＲＴＵＷＸＹ",
)
_OTHER_IDS = (("护照", "E38"), ("港澳居民来往内地通行证", "H38"))


@dataclass(frozen=True, slots=True)
class Party:
    """One subject: an organisation (or household) or a person, with its cells."""

    organisation: Organisation | None
    person: Person | None
    cells: Row
    region: str
    sector: str


class Parties:
    """Draws subjects for one stream of rows; `persons` is the share of natural persons."""

    def __init__(self, stream: Stream, persons: float) -> None:
        self._world = stream.world
        self._dice = stream.dice
        self._persons = persons
        self._active = max(1, int(len(stream.world.organisations) * _ACTIVE_SHARE))
        self._crowd = max(_SMALLEST_CROWD, len(stream.world.organisations) // 5)
        self._districts = [district.code for district in stream.world.words.city.districts]

    def draw(self) -> Party:
        """Return a subject; the first organisations come up much more often than the last."""
        if self._dice.chance(self._persons):
            return self.natural_person()
        return self.busy_organisation()

    def natural_person(self) -> Party:
        """Return some natural person; the same one may come again."""
        return self.person(self._dice.between(0, self._crowd - 1))

    def busy_organisation(self) -> Party:
        """Return one of the active organisations."""
        return self.organisation(int(self._active * self._dice.random() ** _SKEW))

    def organisation(self, index: int) -> Party:
        """Return the organisation of that index as a subject."""
        found = self._world.organisations[index]
        name, uscc = found.name, found.uscc
        if found.former_name and self._dice.chance(_FORMER_NAME_SHARE):
            name = found.former_name
        cells: Row = {
            "subject_name": name,
            "subject_kind": "个体工商户" if found.is_household else "法人及非法人组织",
            "uscc": uscc,
            "org_code": self._org_code(index, uscc),
            "representative": self._world.organisations.representative(index),
        }
        if self._dice.chance(_NOISE_SHARE):
            self._disturb(cells, name, uscc)
        return Party(found, None, cells, found.district.code, found.sector)

    def person(self, number: int) -> Party:
        """Return the person of that number as a subject."""
        found = self._world.people.person(number)
        region = found.id_number[:6]
        id_type, number_text = found.id_type, found.id_number
        if self._dice.chance(_OTHER_ID_SHARE):
            id_type, letters = self._dice.pick(_OTHER_IDS)
            number_text = f"{letters}{number % 10**6:06d}"
        cells: Row = {
            "subject_name": found.name,
            "subject_kind": "自然人",
            "id_type": id_type,
            "id_number": number_text,
        }
        if region not in self._districts:  # born where the city itself registers
            region = self._dice.pick(self._districts)
        return Party(None, found, cells, region, "")

    def _org_code(self, index: int, uscc: str) -> str:
        code = identifiers.org_code_of(uscc)
        if index < self._world.organisations.from_file and not identifiers.is_org_code(code):
            return ""  # a few real credit codes hold no valid organisation code
        return code

    def _disturb(self, cells: Row, name: str, uscc: str) -> None:
        """Write a name or code as careless sources do; it means the same."""
        match self._dice.between(0, 3):
            case 0:
                cells["uscc"] = uscc.lower()
            case 1:
                cells["uscc"] = uscc.translate(_WIDE)
            case 2:
                cells["subject_name"] = f"{name}\u200b"
            case _:
                cells["subject_name"] = f"\u00a0{name} "
