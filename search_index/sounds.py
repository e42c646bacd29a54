"""How the characters of names sound: pinyin without tones, from the table of pypinyin (MIT).

Characters that sound alike are written alike, so that an n-gram index finds one by the other.
"""

import os
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_MOST_READINGS = 3
"""A character's first readings; the later ones are of the dictionary, not of names."""


_SYLLABLE = re.compile("[a-z]*[aeiouv][a-z]*")
"""Not 嗯 (n) or 呣 (m): letters of their own would be read as syllables everywhere."""


@dataclass(frozen=True, slots=True)
class SoundTable:
    """Readings of each character, the usual one first, and one character that stands for each.

    `sounds` maps the code point of a character to that which stands for its usual reading,
    `initials` to the first letter of it.
    """

    readings: dict[str, tuple[str, ...]]
    standing: dict[str, str]
    sounds: dict[int, str]
    initials: dict[int, str]


@lru_cache(maxsize=1)
def sound_table() -> SoundTable:
    """Return the table, read on first use (0.2 s)."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # 45 MB that single characters don't need
    from pypinyin.pinyin_dict import pinyin_dict

    readings: dict[str, tuple[str, ...]] = {}
    standing: dict[str, str] = {}
    for point, written in sorted(pinyin_dict.items()):
        plain = dict.fromkeys(map(_plain, written.split(",")[:_MOST_READINGS]))
        found = tuple(reading for reading in plain if _SYLLABLE.fullmatch(reading))
        if found:
            readings[chr(point)] = found
            standing.setdefault(found[0], chr(point))
    return SoundTable(
        readings,
        standing,
        {ord(c): standing[found[0]] for c, found in readings.items()},
        {ord(c): found[0][0] for c, found in readings.items()},
    )


def _plain(reading: str) -> str:
    """Return a reading without its tone, ü written v as keyboards do."""
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def readings_of(character: str) -> tuple[str, ...]:
    """Return the readings of a character, the usual one first; none for other signs."""
    return sound_table().readings.get(character, ())


def sound_text(folded: str) -> str:
    """Return a folded name with each character replaced by the one that stands for its sound."""
    return folded.translate(sound_table().sounds)


def initials_text(folded: str) -> str:
    """Return the first letters of a folded name's syllables; other characters stay."""
    return folded.translate(sound_table().initials)


def standing_for(syllable: str) -> str:
    """Return the character that stands for a syllable in `sound_text`, empty for no syllable."""
    return sound_table().standing.get(syllable, "")
