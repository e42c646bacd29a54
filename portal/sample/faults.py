"""Rows that are broken on purpose, so that the intake has something to refuse.

Of every 200 rows of a file one is broken in each way that its format and columns allow: half a
per cent of each kind.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum

from portal import identifiers
from portal.sample.world import Row, World

PERIOD = 200
_FIRST, _STEP = 7, 13
_FUTURE = timedelta(days=1000)


class Fault(StrEnum):
    """What is wrong with a broken row."""

    CHECK_CHARACTER = "credit code with a wrong check character"
    MISSING_FIELD = "a required field is empty"
    BROKEN_ROW = "wrong number of columns, or a line that is no JSON"
    NO_SUCH_DAY = "30 February"
    FUTURE_DECISION = "decided in the future"
    UNKNOWN_LIST = "a list that the catalogue does not have"
    DAMAGED_CODE = "a code turned into 9.13801E+17 by a spreadsheet"
    LETTER_O = "an organisation code with the letter O"


def possible_faults(fields: Iterable[str], *, breakable: bool) -> tuple[Fault, ...]:
    """Return the faults that a file with these fields can have.

    `breakable`: its format allows a single row that does not fit.
    """
    known = set(fields)
    faults = [Fault.MISSING_FIELD, Fault.NO_SUCH_DAY, Fault.FUTURE_DECISION]
    if "uscc" in known:
        faults += [Fault.CHECK_CHARACTER, Fault.DAMAGED_CODE]
    if "org_code" in known:
        faults.append(Fault.LETTER_O)
    if "list_name" in known:
        faults.append(Fault.UNKNOWN_LIST)
    if breakable:
        faults.append(Fault.BROKEN_ROW)
    return tuple(fault for fault in Fault if fault in faults)


class FaultPlan:
    """Which rows of a file are broken, and how; `required` are the fields it may lack."""

    def __init__(self, faults: Sequence[Fault], required: Sequence[str], world: World) -> None:
        self._at = {_FIRST + _STEP * i: fault for i, fault in enumerate(faults)}
        self._required = required
        self._world = world

    def fault(self, number: int) -> Fault | None:
        """Return the fault of the row of that number, or None for a sound one."""
        return self._at.get(number % PERIOD)

    def damage(self, row: Row, fault: Fault, number: int) -> None:
        """Make a sound row wrong in the given way; BROKEN_ROW is left to the writer."""
        match fault:
            case Fault.CHECK_CHARACTER:
                row["uscc"] = wrong_check(self._world.organisations[0].uscc)
            case Fault.MISSING_FIELD:
                row[self._required[number // PERIOD % len(self._required)]] = None
            case Fault.NO_SUCH_DAY:
                row["decided_on"] = f"{self._world.calendar.today.year - 1}-02-30"
            case Fault.FUTURE_DECISION:
                row["decided_on"] = self._world.calendar.today + _FUTURE
            case Fault.UNKNOWN_LIST:
                unknown = self._world.words.unknown_lists
                row["list_name"] = unknown[number // PERIOD % len(unknown)]
                row["list_code"] = None
            case Fault.DAMAGED_CODE:
                row["uscc"] = "9.13801E+17"
            case Fault.LETTER_O:
                row["org_code"] = letter_o(self._world.organisations[0].uscc)


def count_faults(rows: int, faults: Sequence[Fault]) -> int:
    """Return how many of the first `rows` rows of a file are broken."""
    places = {_FIRST + _STEP * i for i in range(len(faults))}
    return sum((rows - 1 - place) // PERIOD + 1 for place in places if place < rows)


def wrong_check(uscc: str) -> str:
    """Return a credit code with another, wrong check character."""
    alphabet = identifiers.USCC_ALPHABET
    return uscc[:17] + alphabet[(alphabet.index(uscc[17]) + 1) % len(alphabet)]


def letter_o(uscc: str) -> str:
    """Return the organisation code of a credit code, wrong through a letter O in some place."""
    code = identifiers.org_code_of(uscc)
    wrong = (f"{code[:place]}O{code[place + 1 :]}" for place in range(8))
    # Not in place of a 2: O counts 24, which is 2 to the modulus 11.
    return next(text for text in wrong if not identifiers.is_org_code(text))
