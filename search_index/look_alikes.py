"""Characters that may stand for each other by mistake: of the same sound, or of a similar shape."""

import tomllib
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

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


@lru_cache(maxsize=4096)
def alike(character: str) -> str:
    """Return the characters that sound like one as it is usually read, or look like it."""
    readings = readings_of(character)
    sounding = characters_by_reading()[readings[0]] if readings else ""
    return sounding + _by_shape().get(character, "")
