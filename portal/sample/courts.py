"""Rows of dishonest judgment debtors, with the court site's field names, and of judgments."""

from datetime import date, timedelta

from portal import identifiers
from portal.sample.authorities import Authority
from portal.sample.days import add_months
from portal.sample.money import CENTS, round_sum, ten_thousands, yuan
from portal.sample.parties import Parties, Party
from portal.sample.permits import BASIS_SHARE, PERSON_SHARE
from portal.sample.world import Row, Stream, World

DEBTOR_MONTHS = 24

_DEBTOR_STATES = ("发布",) * 92 + (
    "删除",
    "已履行",
    "已履行",
    "屏蔽",
    "撤销",
    "有效",
    "有效",
    "有效",
)
_JUDGMENT_STATES = ("生效",) * 96 + ("有效", "有效", "撤销", "再审")
_UNRELIABLE_TYPE = "580"
_OPEN_CONDUCT_SHARE = 0.35
_FULL_CODE_SHARE = 0.1
_LEAK_SHARE = 0.03
_SECOND_PARTY_SHARE = 0.25
_ROLES = ("被告", "被告", "被告", "原告", "第三人")
_SUM = 3_000_000


class DebtorRows:
    """Makes dishonest judgment debtors as the courts publish them."""

    def __init__(self, world: World) -> None:
        stream = Stream(world, "judgment_debtor")
        self._world = world
        self._dice, self._scribe, self._numbers = stream.dice, stream.scribe, stream.numbers
        self._parties = Parties(stream, PERSON_SHARE)

    def row(self, number: int) -> Row:
        """Return the debtor of that number in the file."""
        dice, words = self._dice, self._world.words
        party = self._parties.draw()
        court = self._world.authorities.court(party.region, dice)
        is_open = dice.chance(_OPEN_CONDUCT_SHARE)
        published, ends = self._period(number, is_open)
        filed = self._world.calendar.before(published, dice, 200)
        row = self._identity(party, published)
        row |= {
            "document_number": self._numbers.case(court, "执", filed.year),
            "filed_on": filed,
            "decided_on": published,
            "ends_on": ends,
            "authority": court.name,
            "area": words.city.province,
            "disruption": dice.pick(words.courts["open_conduct" if is_open else "conducts"]),
            "status": dice.pick(_DEBTOR_STATES),
        }
        self._add_basis(row, court, filed)
        self._add_duty(row)
        return row

    def _identity(self, party: Party, day: date) -> Row:
        """Return who owes: a person's number masked, an organisation by its nine characters."""
        row: Row = {
            "subject_name": party.cells["subject_name"],
            "subject_kind": _UNRELIABLE_TYPE,
            "age": "0",
        }
        if party.person is not None:
            number = party.person.id_number
            row["id_number"] = f"{number[:10]}****{number[14:]}"
            row["sex"] = party.person.sex
            row["age"] = str(party.person.age(day))
        elif party.organisation is not None:
            found = party.organisation
            full = found.is_household or not party.cells["org_code"]
            row["id_number"] = _court_code(found.uscc, full or self._dice.chance(_FULL_CODE_SHARE))
            row["representative"] = party.cells["representative"]
        return row

    def _period(self, number: int, is_open: bool) -> tuple[date, date | None]:
        calendar, dice = self._world.calendar, self._dice
        edge = calendar.edge(number)
        if edge is not None:
            return calendar.recent(dice), edge
        decided = calendar.term_edge(number, DEBTOR_MONTHS) or calendar.decided(dice)
        if is_open or dice.chance(0.4):
            return decided, None
        return decided, add_months(decided, DEBTOR_MONTHS)

    def _add_basis(self, row: Row, court: Authority, filed: date) -> None:
        dice = self._dice
        if dice.chance(0.1):
            row["basis_unit"] = dice.pick(self._world.words.courts["arbiters"])
            row["basis_number"] = f"澄仲裁字〔{filed.year}〕第{dice.between(1, 900)}号"
        else:
            row["basis_unit"] = court.name
            row["basis_number"] = f"（{filed.year - 1}）{court.mark}民初{dice.between(1, 9000)}号"

    def _add_duty(self, row: Row) -> None:
        """Add what is owed and what was paid; the parts add up to the whole."""
        dice, scribe, courts = self._dice, self._scribe, self._world.words.courts
        owed = round_sum(2_000, _SUM, dice)
        facts = {"amount": yuan(owed, dice)}
        if dice.chance(_LEAK_SHARE):
            facts["creditor"] = scribe.one_of(courts["leaks"], {})
        row["facts"] = scribe.one_of(courts["duties"], facts)
        if dice.chance(0.75):
            row["performance"] = "全部未履行"
            return
        paid = dice.between(1, owed // CENTS - 1) * CENTS
        row["performance"] = "部分未履行"
        row["performed"] = f"已支付{yuan(paid, dice)}元"
        row["unperformed"] = f"尚欠{yuan(owed - paid, dice)}元"


def _court_code(uscc: str, full: bool) -> str:
    code = identifiers.org_code_of(uscc)
    return uscc if full else f"{code[:8]}-{code[8]}"


class JudgmentRows:
    """Makes effective judgments; a case may have a second party."""

    def __init__(self, world: World) -> None:
        stream = Stream(world, "judgment")
        self._world = world
        self._dice, self._scribe, self._numbers = stream.dice, stream.scribe, stream.numbers
        self._parties = Parties(stream, PERSON_SHARE)
        self._case: Row = {}
        self._first = ""

    def row(self, number: int) -> Row:
        """Return the judgment of that number in the file."""
        dice = self._dice
        party = self._parties.draw()
        subject = str(party.cells.get("uscc", "")).upper() + str(party.cells.get("id_number", ""))
        row = party.cells
        if self._case and subject != self._first and dice.chance(_SECOND_PARTY_SHARE):
            row |= self._case
            row["role"] = "原告" if self._case["role"] == "被告" else "被告"
            self._case = {}
        else:
            self._case = self._new_case(number, party)
            self._first = subject
            row |= self._case
        if party.person and dice.chance(BASIS_SHARE):
            row["disclosure_basis"] = dice.pick(self._world.words.papers["bases"])
        return row

    def _new_case(self, number: int, party: Party) -> Row:
        dice, scribe = self._dice, self._scribe
        kind = dice.pick(self._world.words.cases)
        court = self._world.authorities.court(party.region, dice)
        decided, ends = self._period(number)
        amount = round_sum(2_000, _SUM, dice)
        effective = min(decided + timedelta(days=15), self._world.calendar.today)
        return {
            "cause": kind.cause,
            "document_number": self._numbers.case(court, kind.word, decided.year),
            "document_name": kind.document,
            "role": dice.pick(_ROLES),
            "content": scribe.leaking(scribe.one_of(kind.holdings, {"amount": yuan(amount, dice)})),
            "amount": ten_thousands(amount, dice),
            "decided_on": decided,
            "effective_on": effective,
            "ends_on": ends,
            "authority": court.name,
            "status": dice.pick(_JUDGMENT_STATES),
        }

    def _period(self, number: int) -> tuple[date, date | None]:
        calendar, dice = self._world.calendar, self._dice
        edge = calendar.edge(number)
        if edge is not None:
            return calendar.recent(dice), edge
        decided = calendar.term_edge(number, 36) or calendar.decided(dice)
        return decided, add_months(decided, 24) if dice.chance(0.3) else None
