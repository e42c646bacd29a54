"""Rows of administrative permits (XK_), of the 2018 standard and of the 2015 generation."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from portal.sample.authorities import Authority
from portal.sample.days import add_months, spoken
from portal.sample.parties import Parties, Party
from portal.sample.words import PermitKind
from portal.sample.world import Row, Stream, World

PERSON_SHARE = 0.1
BASIS_SHARE = 0.25
"""Natural persons' rows with a legal basis for publishing them."""

_STATES = ("1",) * 96 + ("2",) * 3 + ("撤销",)
_LEGACY_STATES = ("0",) * 94 + ("1", "1", "2", "2", "3", "3")
_OPEN_ENDS = ("2099-12-31", "长期", "2099-12-31", "长期有效", "")
_EMPTY = ("", "", "", "", "", "/", "无", "暂无")
_ID_AS_NUMBER_SHARE = 0.3


class PermitRows:
    """Makes permits; those of organisations fit their sector."""

    def __init__(self, world: World, *, legacy: bool = False) -> None:
        stream = Stream(world, "permit-legacy" if legacy else "permit")
        self._legacy = legacy
        self._world = world
        self._dice, self._scribe, self._numbers = stream.dice, stream.scribe, stream.numbers
        self._parties = Parties(stream, PERSON_SHARE)
        self._personal = [kind for kind in world.words.permits if kind.person]
        self._by_sector = kinds_by_sector(world.words.permits)
        self._word = "许准字" if legacy else "许"

    def row(self, number: int) -> Row:
        """Return the permit of that number in the file."""
        dice = self._dice
        party = self._parties.draw()
        kind = dice.pick(self._personal if party.person else self._by_sector[party.sector])
        authority = self._world.authorities.find(kind.authority, party.region, dice)
        decided, until = self._period(number, kind)
        facts = {"day": spoken(decided)}
        self._scribe.settle(party.region)
        row = party.cells
        row |= {
            "document_name": kind.document,
            "document_number": self._numbers.decision(authority, self._word, decided.year),
            "permit_type": kind.category,
            "permit_name": kind.certificate,
            "permit_number": self._certificate_number(kind, party, number),
            "content": self._scribe.leaking(self._scribe.one_of(kind.contents, facts)),
            "decided_on": decided,
            "valid_from": decided,
            "valid_until": until,
            "authority": authority.name,
            "authority_code": authority.code,
            "status": dice.pick(_LEGACY_STATES if self._legacy else _STATES),
            "remark": self._scribe.remark(),
        }
        self._add_source(row, authority)
        if self._legacy:
            add_legacy_codes(row, party, self._world, dice.chance(0.5))
        elif party.person is None:
            self._add_representative(row, party)
        elif dice.chance(BASIS_SHARE):
            row["disclosure_basis"] = dice.pick(self._world.words.papers["bases"])
        return row

    def _period(self, number: int, kind: PermitKind) -> tuple[date, date | str]:
        """Return the day of the decision and the end: of some yesterday, today, tomorrow."""
        calendar, dice = self._world.calendar, self._dice
        edge = calendar.edge(number)
        if edge is not None:
            years = kind.years or 5
            return min(add_months(edge, -12 * years), calendar.today), edge
        decided = calendar.decided(dice)
        if not kind.years:
            return decided, dice.pick(_OPEN_ENDS)
        return decided, add_months(decided, 12 * kind.years) - timedelta(days=1)

    def _certificate_number(self, kind: PermitKind, party: Party, number: int) -> str:
        if party.person and self._dice.chance(_ID_AS_NUMBER_SHARE):
            return party.person.id_number  # some authorities number certificates by their holder
        return f"{kind.letters}{party.region}{number:07d}"

    def _add_source(self, row: Row, authority: Authority) -> None:
        row["source_unit"] = authority.name
        row["source_unit_code"] = authority.code
        row["tax_number"] = row["institution_number"] = self._dice.pick(_EMPTY)

    def _add_representative(self, row: Row, party: Party) -> None:
        if party.organisation is not None and self._dice.chance(0.2):
            row["representative_id_type"] = "身份证"
            row["representative_id"] = self._world.organisations.representative_id(
                party.organisation.number
            )


def kinds_by_sector(kinds: Sequence[PermitKind]) -> Mapping[str, Sequence[PermitKind]]:
    """Return the permits of organisations by sector; `*` stands for every sector."""
    sectors = {sector for kind in kinds for sector in kind.sectors if sector != "*"}
    return {
        sector: [kind for kind in kinds if {sector, "*"} & set(kind.sectors)] for sector in sectors
    }


def add_legacy_codes(row: Row, party: Party, world: World, without_uscc: bool) -> None:
    """Give a row the codes of 2015: registration number, often instead of the credit code."""
    if party.organisation is None:
        return
    row["registration_number"] = world.organisations.registration(party.organisation.number)
    if without_uscc and not party.organisation.is_household:
        row["uscc"] = ""
