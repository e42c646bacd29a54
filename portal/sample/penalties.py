"""Rows of administrative penalties (CF_), of the 2018 standard and of the 2015 generation."""

from collections.abc import Mapping
from datetime import date

from portal.sample.authorities import Authority
from portal.sample.days import add_months, spoken
from portal.sample.money import CENTS, round_sum, ten_thousands, yuan
from portal.sample.parties import Parties
from portal.sample.permits import BASIS_SHARE, PERSON_SHARE, add_legacy_codes
from portal.sample.words import PenaltyKind, Words
from portal.sample.world import Row, Stream, World

_GENERAL_MONTHS, _SERIOUS_MONTHS, _MINOR_MONTHS = 12, 36, 3
_STATES = ("有效",) * 90 + ("已修复",) * 6 + ("撤销", "撤销", "异议", "其他")
_LEGACY_STATES = ("0",) * 92 + ("1", "1", "2", "2", "2", "3", "3", "3")
_SEVERITIES = ("一般",) * 70 + ("",) * 12 + ("严重",) * 12 + ("轻微",) * 6
_MONTHS = {"轻微": _MINOR_MONTHS, "严重": _SERIOUS_MONTHS}
_JOINTS = ("；",) * 7 + ("、", ";", "，")
_SHARED_DECISION = 0.02
_PARTY_FIELDS = frozenset(
    (
        "subject_name", "subject_kind", "uscc", "org_code", "registration_number",
        "representative", "id_type", "id_number", "disclosure_basis",
    )
)  # fmt: skip


class PenaltyRows:
    """Makes penalties; the sums in the text are those in the fields."""

    def __init__(self, world: World, *, legacy: bool = False) -> None:
        stream = Stream(world, "penalty-legacy" if legacy else "penalty")
        self._legacy = legacy
        self._world = world
        self._dice, self._scribe, self._numbers = stream.dice, stream.scribe, stream.numbers
        self._parties = Parties(stream, PERSON_SHARE)
        self._personal = [kind for kind in world.words.penalties if kind.person]
        self._by_sector = _kinds_by_sector(world.words)
        self._word = "罚字" if legacy else "处罚"
        self._last: Row = {}

    def row(self, number: int) -> Row:
        """Return the penalty of that number in the file."""
        dice = self._dice
        party = self._parties.draw()
        kind = dice.pick(self._personal if party.person else self._by_sector[party.sector])
        authority = self._world.authorities.find(kind.authority, party.region, dice)
        severity = kind.severity or dice.pick(_SEVERITIES)
        decided, ends = self._period(number, severity)
        row = party.cells
        self._scribe.settle(party.region)
        self._describe(row, kind, decided)
        row |= {
            "document_number": self._numbers.decision(authority, self._word, decided.year),
            "severity": severity,
            "decided_on": decided,
            "ends_on": ends,
            "status": dice.pick(_LEGACY_STATES if self._legacy else _STATES),
            "remark": self._scribe.remark(),
        }
        self._add_authority(row, authority)
        row = self._as_next_party(row)
        if self._legacy:
            add_legacy_codes(row, party, self._world, dice.chance(0.5))
        elif party.person and dice.chance(BASIS_SHARE):
            row["disclosure_basis"] = dice.pick(self._world.words.papers["bases"])
        return row

    def _describe(self, row: Row, kind: PenaltyKind, decided: date) -> None:
        """Fill in what was done and how it was punished."""
        dice, words = self._dice, self._world.words
        fine = round_sum(kind.fine[0], kind.fine[1], dice)
        gain = dice.between(100 * CENTS, 20_000 * CENTS)
        facts = {
            "day": spoken(self._world.calendar.before(decided, dice)),
            "fine": yuan(fine, dice),
            "gain": yuan(gain, dice),
            "object": dice.pick(words.objects[kind.object]),
            "licence": kind.licence,
        }
        types = dice.pick(kind.types).split("；")
        clauses = [self._scribe.write(words.clauses[name], facts) for name in types]
        row |= {
            "violation": kind.violation,
            "document_name": f"{kind.violation}案",
            "facts": self._scribe.leaking(self._scribe.one_of(kind.facts, facts)),
            "legal_basis": kind.basis,
            "penalty_types": dice.pick(_JOINTS).join(types),
            "content": self._scribe.leaking("；".join(clauses) + "。", 0.004),
            "fine": ten_thousands(fine, dice) if "罚款" in types else "",
            "confiscated": ten_thousands(gain, dice) if "没收违法所得" in types else "",
        }
        if self._legacy:
            row["penalty_types"] = types[0]
            row["penalty_types_more"] = "；".join(types[1:])
        if "暂扣许可证件" in types or "吊销许可证件" in types:
            row["suspended_licence"] = f"{kind.licence}（编号38{dice.between(10**6, 10**7 - 1)}）"

    def _period(self, number: int, severity: str) -> tuple[date, date | None]:
        """Return the day of the decision and the source's end: none, true, or later than law."""
        calendar, dice = self._world.calendar, self._dice
        months = _MONTHS.get(severity, _GENERAL_MONTHS)
        edge = calendar.edge(number)
        if edge is not None:
            return calendar.recent(dice), edge
        decided = calendar.term_edge(number, months)
        if decided is not None:
            return decided, None
        decided = calendar.decided(dice)
        if dice.chance(0.15):
            return decided, None
        return decided, add_months(decided, _SERIOUS_MONTHS if dice.chance(0.2) else months)

    def _add_authority(self, row: Row, authority: Authority) -> None:
        row["authority"] = row["source_unit"] = authority.name
        row["authority_code"] = row["source_unit_code"] = authority.code

    def _as_next_party(self, row: Row) -> Row:
        """Return the row, sometimes as a second party of the decision before."""
        last, self._last = self._last, {}
        if last and any(row.get(name) != last.get(name) for name in ("org_code", "id_number")):
            party = {name: value for name, value in row.items() if name in _PARTY_FIELDS}
            return party | {n: value for n, value in last.items() if n not in _PARTY_FIELDS}
        if self._dice.chance(_SHARED_DECISION):
            self._last = row.copy()  # a copy, because the row itself may yet be damaged
        return row


def _kinds_by_sector(words: Words) -> Mapping[str, list[PenaltyKind]]:
    kinds = words.penalties
    return {
        industry.sector: [k for k in kinds if {industry.sector, "*"} & set(k.sectors)]
        for industry in words.industries
    }
