"""Rows of code assignments: one for every organisation, with its earlier names and codes."""

from collections.abc import Sequence
from datetime import timedelta

from portal import identifiers
from portal.sample.organisations import Organisation
from portal.sample.world import Row, Stream, World

_FORMER_CODES_SHARE = 0.3
_CLOSED_SHARE = 0.04
_STATES: Sequence[str] = ("存续",) * 80 + ("正常",) * 15 + ("在业",) * 4 + ("吊销",)


class RegistrationRows:
    """Makes the code assignment of organisation 0, 1, 2, … in their order."""

    def __init__(self, world: World) -> None:
        stream = Stream(world, "code_assignment")
        self._world = world
        self._dice = stream.dice

    def row(self, number: int) -> Row:
        """Return the code assignment of the organisation of that number."""
        dice, world = self._dice, self._world
        found = world.organisations[number % len(world.organisations)]
        registrar = world.authorities.find(found.form.registrar, found.district.code, dice)
        assigned = world.calendar.decided(dice)
        row: Row = {
            "subject_name": found.name,
            "subject_kind": "个体工商户" if found.is_household else "法人及非法人组织",
            "uscc": found.uscc,
            "former_names": found.former_name,
            "registrar_kind": found.form.label,
            "authority": registrar.name,
            "decided_on": assigned,
            "status": dice.pick(_STATES),
        }
        if dice.chance(_FORMER_CODES_SHARE):
            row["former_codes"] = self._former_codes(found)
        edge = world.calendar.edge(number)
        if edge is not None or dice.chance(_CLOSED_SHARE):
            row["ends_on"] = edge or min(assigned + timedelta(days=900), world.calendar.today)
            row["status"] = "注销"
        return row

    def _former_codes(self, found: Organisation) -> str:
        code = identifiers.org_code_of(found.uscc)
        return f"{self._world.organisations.registration(found.number)}；{code[:8]}-{code[8]}"
