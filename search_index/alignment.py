"""Compare one query with many names at once: how many parts it falls into, how far it is away.

All functions take names as a matrix of characters, one column a name, 0 behind its end
(`name_table.NameTable.matrix`), and work on whole rows: the loops are over characters, not names.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from search_index.look_alikes import sound_numbers
from search_index.name_table import Characters

Costs = npt.NDArray[np.int16]

NEVER = 999
"""The cost of what cannot be."""

PART = 4
"""What each part costs that a query falls into."""

OFF_START = 4
"""What it costs when the first part starts neither the name nor its core."""

ERROR, HALF_ERROR = 2, 1
"""A wrong, missing, surplus or swapped character; one that sounds or looks the same counts half."""

_SHORTEST = 2


def parts_cost(query: Characters, names: Characters, cores: npt.NDArray[np.int32]) -> Costs:
    """Return, for each name, the least cost of finding the query's characters in order.

    Every stretch of neighbouring characters is a part and costs PART; `cores` are the rows where
    the names' cores start. NEVER where the characters are not all there in order.
    """
    width, count = names.shape
    cost = np.full((width, count), NEVER, dtype=np.int16)
    first = names == query[0]
    cost[first] = PART + OFF_START
    cost[0, first[0]] = PART
    columns = np.arange(count)
    inside = np.minimum(cores, width - 1)
    at_core = first[inside, columns]
    cost[inside[at_core], columns[at_core]] = PART
    for character in query[1:]:
        best = np.minimum.accumulate(cost, axis=0)[:-1] + np.int16(PART)
        reached = np.minimum(best, cost[:-1])
        cost = np.full((width, count), NEVER, dtype=np.int16)
        cost[1:] = np.where(names[1:] == character, reached, np.int16(NEVER))
    found: Costs = np.minimum(cost.min(axis=0), NEVER)
    return found


def distances(query: Characters, names: Characters, shapes: Sequence[Characters]) -> Costs:
    """Return how far the query is from the closest stretch of each name.

    In units of HALF_ERROR; swapped neighbours are one error (optimal string alignment). `shapes`
    are, for each character of the query, those that look like it.
    """
    width, count = names.shape
    sounds = sound_numbers()
    heard, asked = sounds[names], sounds[query]
    row = np.zeros((width + 1, count), dtype=np.int16)
    before: Costs | None = None
    for place, character in enumerate(query):
        equal = names == character
        half = (heard == asked[place]) & (asked[place] != 0)
        for shape in shapes[place]:
            half |= names == shape
        change = np.where(equal, 0, np.where(half, HALF_ERROR, ERROR)).astype(np.int16)
        new = np.empty_like(row)
        new[0] = (place + 1) * ERROR
        np.minimum(row[:-1] + change, row[1:] + ERROR, out=new[1:])
        if before is not None and width >= _SHORTEST:
            swapped = (names[:-1] == character) & (names[1:] == query[place - 1])
            np.minimum(
                new[2:], np.where(swapped, before[:-2] + ERROR, NEVER).astype(np.int16), out=new[2:]
            )
        for end in range(1, width + 1):
            np.minimum(new[end], new[end - 1] + ERROR, out=new[end])
        before, row = row, new
    row[1:][names == 0] = NEVER
    found: Costs = row.min(axis=0)
    return found


def sequence_at(tokens: Sequence[npt.NDArray[np.bool_]], names: Characters) -> Costs:
    """Return where in each name characters of these kinds first follow each other, else NEVER.

    A token tells of every character whether it is of its kind.
    """
    width, count = names.shape
    length = width - len(tokens) + 1
    if length <= 0:
        return np.full(count, NEVER, dtype=np.int16)
    found = np.ones((length, count), dtype=np.bool_)
    for place, token in enumerate(tokens):
        found &= token[names[place : place + length]]
    first = found.argmax(axis=0).astype(np.int16)
    return np.where(found.any(axis=0), first, np.int16(NEVER))
