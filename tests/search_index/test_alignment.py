"""Costs over many names at once are those of comparing one name after the other."""

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from search_index.alignment import (
    ERROR,
    HALF_ERROR,
    NEVER,
    OFF_START,
    PART,
    distances,
    parts_cost,
    sequence_at,
)
from search_index.look_alikes import look_alikes
from search_index.name_table import Characters, characters_of
from search_index.sounds import readings_of

letters = "甲乙丙"
names = st.lists(st.text(letters, min_size=1, max_size=7), min_size=1, max_size=6)
queries = st.text(letters, min_size=1, max_size=4)


def matrix(names: list[str]) -> Characters:
    width = max(map(len, names))
    together = characters_of("".join(name.ljust(width, "\0") for name in names))
    return together.reshape(len(names), width).T


def least_parts(query: str, name: str, core: int) -> int:
    @cache
    def cost(place: int, at: int) -> int:
        """The least cost of query[place:] with its first character at name[at]."""
        if name[at] != query[place]:
            return NEVER
        if place == len(query) - 1:
            return 0
        further = [
            cost(place + 1, later) + (0 if later == at + 1 else PART)
            for later in range(at + 1, len(name))
        ]
        return min([*further, NEVER])

    starts = [cost(0, at) + PART + (0 if at in (0, core) else OFF_START) for at in range(len(name))]
    return min([*starts, NEVER])


@settings(deadline=None)
@given(queries, names, st.integers(0, 6))
def test_parts_are_as_few_as_can_be(query: str, names: list[str], core: int) -> None:
    cores = np.array([min(core, len(name) - 1) for name in names], dtype=np.int32)
    found = parts_cost(characters_of(query), matrix(names), cores).tolist()
    expected = [least_parts(query, name, int(at)) for name, at in zip(names, cores, strict=True)]
    assert found == expected


def closest_stretch(query: str, name: str) -> int:
    def change(a: str, b: str) -> int:
        if a == b:
            return 0
        sound = readings_of(a)[:1] and readings_of(a)[0] == (readings_of(b) or ("",))[0]
        return HALF_ERROR if sound or b in map(chr, look_alikes(a).tolist()) else ERROR

    rows = [[0] * (len(name) + 1)]
    for i, a in enumerate(query, start=1):
        row = [i * ERROR]
        for j, b in enumerate(name, start=1):
            best = min(rows[-1][j - 1] + change(a, b), rows[-1][j] + ERROR, row[-1] + ERROR)
            if i > 1 and j > 1 and a == name[j - 2] and query[i - 2] == b:
                best = min(best, rows[-2][j - 2] + ERROR)
            row.append(best)
        rows.append(row)
    return min(rows[-1])


@settings(deadline=None)
@given(
    st.text("甲乙剑箭未末", min_size=1, max_size=5),
    st.lists(st.text("甲乙剑箭未末", min_size=1, max_size=8), min_size=1, max_size=6),
)
def test_a_distance_is_that_to_the_closest_stretch(query: str, names: list[str]) -> None:
    shapes = [look_alikes(character) for character in query]
    found = distances(characters_of(query), matrix(names), shapes).tolist()
    assert found == [closest_stretch(query, name) for name in names]


@given(st.text(letters, min_size=1, max_size=3), names)
def test_a_sequence_is_found_where_it_first_stands(sought: str, names: list[str]) -> None:
    kinds = []
    for character in sought:
        kind = np.zeros(1 << 16, dtype=np.bool_)
        kind[ord(character)] = True
        kinds.append(kind)
    found = sequence_at(kinds, matrix(names)).tolist()
    assert found == [place if (place := name.find(sought)) >= 0 else NEVER for name in names]
