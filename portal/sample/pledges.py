"""Rows of credit commitments, and of the dishonesty of government bodies."""

from datetime import date

from portal.sample.authorities import Authority
from portal.sample.days import add_months
from portal.sample.dice import Shuffle
from portal.sample.organisations import INSTITUTION_PREFIX
from portal.sample.parties import Parties, Party
from portal.sample.permits import BASIS_SHARE, PERSON_SHARE
from portal.sample.world import Row, Stream, World

_COMMITMENT_STATES = ("有效",) * 97 + ("撤回", "撤回", "撤销")
_DISHONESTY_STATES = ("有效",) * 85 + ("已整改",) * 12 + ("撤销",) * 3
_DISHONESTY_MONTHS = 36
_INSTITUTION_SHARE = 0.2
_TRIES = 40


class CommitmentRows:
    """Makes commitments. Nobody gives two of them: they have no number in their business key."""

    def __init__(self, world: World) -> None:
        stream = Stream(world, "commitment")
        self._world = world
        self._dice, self._scribe, self._numbers = stream.dice, stream.scribe, stream.numbers
        self._parties = Parties(stream, 0.0)
        self._places = Shuffle(len(world.organisations), "commitment", world.seed)

    def row(self, number: int) -> Row:
        """Return the commitment of that number in the file."""
        dice, scribe = self._dice, self._scribe
        party = self._party(number)
        kind = dice.pick(self._world.words.commitments)
        authority = self._world.authorities.find(kind.authority, party.region, dice)
        decided, ends = self._period(number)
        facts = {"year": str(decided.year)}
        row = party.cells
        row |= {
            "commitment_type": kind.type,
            "matter": scribe.one_of(kind.matters, facts),
            "content": scribe.leaking(scribe.one_of(kind.contents, facts)),
            "document_number": self._numbers.decision(authority, "诺", decided.year),
            "decided_on": decided,
            "ends_on": ends,
            "fulfilment": dice.pick(self._world.words.papers["fulfilments"]),
            "authority": authority.name,
            "authority_code": authority.code,
            "status": dice.pick(_COMMITMENT_STATES),
        }
        if party.person and dice.chance(BASIS_SHARE):
            row["disclosure_basis"] = dice.pick(self._world.words.papers["bases"])
        return row

    def _party(self, number: int) -> Party:
        if self._dice.chance(PERSON_SHARE):
            return self._parties.person(number)
        return self._parties.organisation(self._places(number))

    def _period(self, number: int) -> tuple[date, date | str]:
        calendar, dice = self._world.calendar, self._dice
        edge = calendar.edge(number)
        if edge is not None:
            return calendar.recent(dice), edge
        decided = calendar.decided(dice)
        if dice.chance(0.15):
            return decided, dice.pick(("长期", "2099-12-31"))
        return decided, add_months(decided, 12 * dice.between(1, 5))


class DishonestyRows:
    """Makes records about government bodies and public institutions, never about persons."""

    def __init__(self, world: World) -> None:
        stream = Stream(world, "government_dishonesty")
        self._world = world
        self._dice, self._scribe, self._numbers = stream.dice, stream.scribe, stream.numbers

    def row(self, number: int) -> Row:
        """Return the record of that number in the file."""
        dice, scribe, words = self._dice, self._scribe, self._world.words
        kind = dice.pick(words.dishonesty)
        body = self._body()
        recorder = self._world.authorities.find("reform", body.region, dice)
        decided, ends = self._period(number)
        return {
            "subject_name": body.name,
            "subject_kind": "法人及非法人组织",
            "uscc": body.code,
            "dishonesty_type": kind.type,
            "facts": scribe.leaking(scribe.one_of(kind.facts, {"year": str(decided.year - 1)})),
            "legal_basis": kind.basis,
            "document_number": self._numbers.decision(recorder, "政信", decided.year),
            "decided_on": decided,
            "ends_on": ends,
            "rectification": dice.pick(words.papers["dishonesty_ends"]),
            "authority": recorder.name,
            "authority_code": recorder.code,
            "status": dice.pick(_DISHONESTY_STATES),
        }

    def _body(self) -> Authority:
        """Return a government body, or a school or hospital that is a public institution."""
        dice, organisations = self._dice, self._world.organisations
        if dice.chance(_INSTITUTION_SHARE):
            for _ in range(_TRIES):
                found = organisations[dice.between(0, len(organisations) - 1)]
                if found.uscc.startswith(INSTITUTION_PREFIX):
                    return Authority(found.name, found.uscc, "", found.district.code)
        return dice.pick(self._world.authorities.bodies)

    def _period(self, number: int) -> tuple[date, date | None]:
        calendar, dice = self._world.calendar, self._dice
        edge = calendar.edge(number)
        if edge is not None:
            return calendar.recent(dice), edge
        decided = calendar.term_edge(number, _DISHONESTY_MONTHS) or calendar.decided(dice)
        return decided, add_months(decided, 12) if dice.chance(0.5) else None
