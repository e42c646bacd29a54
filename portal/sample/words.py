"""The word lists of the sample: an invented city, its names, authorities and papers."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("words")


@dataclass(frozen=True, slots=True)
class District:
    """A district or county: six-digit region code, name, short name, mark in document numbers."""

    code: str
    name: str
    short: str
    mark: str
    towns: Sequence[str]


@dataclass(frozen=True, slots=True)
class City:
    """The invented city and its districts; `court_mark` stands in case numbers."""

    province: str
    province_code: str
    name: str
    code: str
    short: str
    mark: str
    court_mark: str
    districts: Sequence[District]


@dataclass(frozen=True, slots=True)
class Industry:
    """A trade as it stands in a name, and the sector its permits and penalties come from."""

    word: str
    sector: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form of organisation: first two characters of its credit code, registrar, name patterns.

    `sector` is empty where the trade decides it.
    """

    word: str
    prefix: str
    weight: int
    label: str
    registrar: str
    patterns: Sequence[str]
    sector: str = ""


@dataclass(frozen=True, slots=True)
class AuthorityKind:
    """A kind of authority; `level` is both (city and districts) or city."""

    key: str
    name: str
    mark: str
    prefix: str = "11"
    level: str = "both"


@dataclass(frozen=True, slots=True)
class PermitKind:
    """A kind of permit. `years` is its validity, 0 without an end; `person` for natural persons."""

    certificate: str
    document: str
    category: str
    authority: str
    years: int
    letters: str
    contents: Sequence[str]
    sectors: Sequence[str] = ()
    person: bool = False


@dataclass(frozen=True, slots=True)
class PenaltyKind:
    """A kind of violation. `fine` is the range in yuan, `types` possible sets of penalties."""

    violation: str
    authority: str
    basis: str
    types: Sequence[str]
    fine: Sequence[int]
    object: str
    licence: str
    facts: Sequence[str]
    sectors: Sequence[str] = ()
    severity: str = ""
    person: bool = False


@dataclass(frozen=True, slots=True)
class ListKind:
    """What entries of one list say; `code` is that of the catalogue, `person` a share."""

    code: str
    authority: str
    word: str
    weight: int
    person: float
    reasons: Sequence[str]
    measures: str
    removal: str = ""
    red: bool = False


@dataclass(frozen=True, slots=True)
class CaseKind:
    """A cause of action with the mark of its procedure, its document and its holdings."""

    cause: str
    word: str
    document: str
    holdings: Sequence[str]


@dataclass(frozen=True, slots=True)
class CommitmentKind:
    """A type of commitment and who receives it."""

    type: str
    authority: str
    matters: Sequence[str]
    contents: Sequence[str]


@dataclass(frozen=True, slots=True)
class DishonestyKind:
    """A type of government dishonesty."""

    type: str
    facts: Sequence[str]
    basis: str


@dataclass(frozen=True, slots=True)
class Words:
    """Everything in `words/*.toml`; `organisations`, `people`, `courts` … are lists by key."""

    city: City
    industries: Sequence[Industry]
    forms: Sequence[Form]
    authorities: Sequence[AuthorityKind]
    permits: Sequence[PermitKind]
    penalties: Sequence[PenaltyKind]
    clauses: Mapping[str, str]
    lists: Sequence[ListKind]
    remedies: str
    unknown_lists: Sequence[str]
    cases: Sequence[CaseKind]
    commitments: Sequence[CommitmentKind]
    dishonesty: Sequence[DishonestyKind]
    organisations: Mapping[str, Sequence[str]]
    people: Mapping[str, Sequence[str]]
    courts: Mapping[str, Sequence[str]]
    papers: Mapping[str, Sequence[str]]
    leaks: Mapping[str, Sequence[str]]
    objects: Mapping[str, Sequence[str]]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def load_words() -> Words:
    """Read the word lists, once."""
    city, organisations, lists = _read("city"), _read("organisations"), _read("lists")
    courts, commitments, penalties = _read("courts"), _read("commitments"), _read("penalties")
    districts = [District(**entry) for entry in city.pop("districts")]
    return Words(
        city=City(**city, districts=districts),
        industries=[Industry(**entry) for entry in organisations.pop("industries")],
        forms=[Form(**entry) for entry in organisations.pop("forms")],
        authorities=[AuthorityKind(**entry) for entry in _read("authorities")["kinds"]],
        permits=[PermitKind(**entry) for entry in _read("permits")["kinds"]],
        penalties=[PenaltyKind(**entry) for entry in penalties["kinds"]],
        clauses=penalties["clauses"],
        lists=[ListKind(**entry) for entry in lists["entries"]],
        remedies=lists["remedies"],
        unknown_lists=lists["unknown"],
        cases=[CaseKind(**entry) for entry in courts.pop("cases")],
        commitments=[CommitmentKind(**entry) for entry in commitments.pop("kinds")],
        dishonesty=[DishonestyKind(**entry) for entry in commitments.pop("dishonesty")],
        organisations=organisations,
        people=_read("people"),
        courts=courts,
        papers=commitments,
        leaks=_read("leaks"),
        objects=_read("objects"),
    )
