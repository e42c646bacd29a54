"""Rows of red and black lists, with everything a listing decision must state."""

from collections.abc import Sequence
from datetime import date, timedelta

from portal.sample.days import add_months, spoken
from portal.sample.parties import Parties, Party
from portal.sample.permits import BASIS_SHARE
from portal.sample.words import ListKind
from portal.sample.world import Row, Stream, World

_STATES = ("在列",) * 90 + ("已移出", "已移出", "已移出", "移出", "已修复", "信用修复", "撤销")
_GONE = frozenset(("已移出", "移出", "已修复", "信用修复"))
_REASONS = {"已移出": "期满移出", "移出": "期满移出", "撤销": "列入决定被依法撤销"}
_MASKED_SHARE = 0.1


class ListRows:
    """Makes entries of the lists of one color, the catalogue's lists only."""

    def __init__(self, world: World, *, red: bool, part: str = "") -> None:
        stream = Stream(world, f"{'red_list' if red else 'black_list'}{part}")
        self._red = red
        self._part = part
        self._world = world
        self._dice, self._scribe, self._numbers = stream.dice, stream.scribe, stream.numbers
        self._parties = Parties(stream, 0.0)
        self._kinds: Sequence[ListKind] = [
            kind for kind in world.words.lists if kind.red == red for _ in range(kind.weight)
        ]
        self._lists = world.catalog.lists_by_code

    def row(self, number: int) -> Row:
        """Return the entry of that number; number 0 is the same organisation on red and black."""
        dice = self._dice
        kind = dice.pick(self._kinds) if number else self._kinds[0]
        entry = self._lists[kind.code]
        party = self._party(kind, number)
        authority = self._world.authorities.find(kind.authority, party.region, dice)
        decided, ends = self._period(number, entry.term_months)
        facts = {
            "day": spoken(self._world.calendar.before(decided, dice)),
            "year": str(decided.year - 1),
        }
        state = dice.pick(_STATES) if number else _STATES[0]
        row = party.cells
        row |= {
            "list_code": entry.code,
            "list_name": dice.pick(entry.aliases) if dice.chance(0.2) else entry.name,
            "facts": self._scribe.leaking(self._scribe.one_of(kind.reasons, facts)),
            "legal_basis": entry.basis,
            "document_number": self._numbers.decision(authority, self._word(kind), decided.year),
            "decided_on": decided,
            "published_on": min(decided + timedelta(days=3), self._world.calendar.today),
            "ends_on": ends,
            "authority": authority.name,
            "authority_code": authority.code,
            "measures": kind.measures,
            "removal": kind.removal,
            "remedies": self._world.words.remedies,
            "status": state,
        }
        if state in _GONE:
            removed = decided + timedelta(days=400)
            row["removed_on"] = min(removed, self._world.calendar.today)
            row["removal_reason"] = _REASONS.get(state, "信用修复")
        if self._red and party.person and dice.chance(3 * BASIS_SHARE):
            row["disclosure_basis"] = dice.pick(self._world.words.papers["bases"])
        return row

    def _word(self, kind: ListKind) -> str:
        return f"{kind.word}续" if self._part else kind.word

    def _party(self, kind: ListKind, number: int) -> Party:
        if not number:
            return self._parties.organisation(0)
        if self._dice.chance(kind.person):
            party = self._parties.natural_person()
            if not self._red and party.person and self._dice.chance(_MASKED_SHARE):
                number_text = party.person.id_number
                party.cells["id_type"] = party.person.id_type
                party.cells["id_number"] = f"{number_text[:6]}********{number_text[-4:]}"
            return party
        return self._parties.busy_organisation()

    def _period(self, number: int, months: int | None) -> tuple[date, date | str | None]:
        calendar, dice = self._world.calendar, self._dice
        edge = calendar.edge(number)
        if edge is not None:
            return calendar.recent(dice), edge
        decided = (months and calendar.term_edge(number, months)) or calendar.decided(dice)
        if not number:
            decided = calendar.recent(dice)
        if months is not None:
            return decided, add_months(decided, months) if dice.chance(0.8) else None
        if dice.chance(0.1):
            return decided, dice.pick(("长期", "2099-12-31"))
        return decided, add_months(decided, 24)
