"""The invented city as a whole, and what every stream of rows draws from it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.catalog_model import Catalog
from portal.sample.authorities import Authorities, Numbering
from portal.sample.days import Calendar
from portal.sample.dice import Dice
from portal.sample.names_file import read_names
from portal.sample.organisations import Organisations
from portal.sample.people import People
from portal.sample.phrases import Scribe
from portal.sample.words import Words, load_words

Row = dict[str, str | date | None]
"""A row by catalogue field names; None where the source has nothing at all."""


@dataclass(frozen=True, slots=True)
class World:
    """The city: its organisations, persons, authorities, and the day from which all is seen."""

    seed: int
    catalog: Catalog
    words: Words
    calendar: Calendar
    people: People
    authorities: Authorities
    organisations: Organisations


def make_world(
    seed: int, today: date, catalog: Catalog, organisations: int, names: Path | None = None
) -> World:
    """Build the city with so many organisations; those of the names file come first.

    Raises SourceError when the names file cannot be used.
    """
    words = load_words()
    people = People(words, today, seed)
    made = Organisations(words, people, seed)
    if names is not None:
        made.take(read_names(names, organisations))
    made.invent(organisations)
    return World(seed, catalog, words, Calendar(today), people, Authorities(words), made)


class Stream:
    """What the rows of one class are written with: its own dice, scribe and running numbers."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.dice = Dice(world.seed, world.calendar.today.isoformat(), name)
        self.scribe = Scribe(world.words, world.people, self.dice)
        self.numbers = Numbering(self.dice)
