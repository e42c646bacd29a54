"""Characters that may stand for each other by mistake: of the same sound or a similar shape."""

import tomllib
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search_index.name_table import Characters, characters_of
from search_index.sounds import readings_of, sound_table
from search_index.text import fold_name

_FILE = Path(__file__).parent / "words" / "look_alikes.toml"


@lru_cache(maxsize=1)
def _by_shape() -> dict[str, str]:
    groups = tomllib.loads(_FILE.read_text(encoding="utf-8"))["groups"].split()
    found: defaultdict[str, set[str]] = defaultdict(set)
    for group in groups:
        for character in fold_name(group):
            found[character].update(fold_name(group))
    return {character: "".join(sorted(others)) for character, others in found.items()}


@lru_cache(maxsize=1)
def characters_by_reading() -> dict[str, str]:
    """Return syllable → all characters that are read so, usually or not."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for character, readings in sound_table().readings.items():
        for reading in readings:
            found[reading].append(character)
    return {reading: "".join(characters) for reading, characters in found.items()}


@lru_cache(maxsize=1)
def sound_numbers() -> npt.NDArray[np.uint16]:
    """Return for each character of a `NameTable` the number of its usual sound, 0 for none."""
    numbers = np.zeros(1 << 16, dtype=np.uint16)
    for number, (syllable, characters) in enumerate(characters_by_reading().items(), start=1):
        usual = "".join(c for c in characters if readings_of(c)[0] == syllable)
        numbers[characters_of(usual)] = number
    return numbers


def look_alikes(character: str) -> Characters:
    """Return the characters that look like one."""
    return characters_of(_by_shape().get(character, "").replace(character, ""))
