"""Bodies of records, made up from invented phrases: from wording that stands in every second record
to streets, makers and amounts that stand in one.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from portal.sample.dice import Dice
from portal.sample.words import load_words

SHORTEST, LONGEST = 60, 150
"""Characters of a body."""

_WORDS = Path(__file__).with_name("words.toml")
_SLOT = re.compile(r"\{(\w+)\}")
_TYPICAL_MORE = 60


@cache
def words() -> Mapping[str, Any]:
    """Read the word lists, once."""
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))


def body(dice: Dice, day: str) -> str:
    """Return a body of SHORTEST to LONGEST characters for a record decided on a day (text)."""
    sentences = words()["sentences"]
    wanted = SHORTEST + dice.between(0, _TYPICAL_MORE)
    text = _filled(dice.pick(sentences["openings"]), dice, day)
    while len(text) < wanted:
        kind = "details" if len(text) * 2 > wanted else "findings"
        text += "，" + _filled(dice.pick(sentences[kind]), dice, day)
    return f"{text}。{_filled(dice.pick(sentences['endings']), dice, day)}。"[:LONGEST]


def wordings() -> list[str]:
    """Return the fixed pieces of all sentences: phrases that very many bodies hold."""
    found = [
        piece
        for group in words()["sentences"].values()
        for sentence in group
        for piece in re.split(r"\{\w+\}|[，、《》]", sentence)
    ]
    return [piece for piece in dict.fromkeys(found) if len(piece) >= 4]


def skewed(dice: Dice, items: Sequence[str]) -> str:
    """Return one of the items, the first ones much more often than the last."""
    share = dice.random()
    return items[int(len(items) * share * share)]


def _filled(sentence: str, dice: Dice, day: str) -> str:
    return "".join(
        [part if isinstance(part, str) else part(dice) or day for part in _parts(sentence)]
    )


@cache
def _parts(sentence: str) -> Sequence[str | Callable[[Dice], str]]:
    """Return a sentence in pieces: texts, and makers of texts; that of the day makes none."""
    makers = _makers()
    pieces = enumerate(_SLOT.split(sentence))
    return [makers[piece] if place % 2 else piece for place, piece in pieces if piece]


@cache
def _makers() -> Mapping[str, Callable[[Dice], str]]:
    slots, syllables = words()["slots"], load_words().organisations["syllables"]

    def pair(dice: Dice) -> str:
        return skewed(dice, syllables) + skewed(dice, syllables)

    return {
        "day": lambda _: "",
        "street": lambda dice: pair(dice) + skewed(dice, slots["street_ends"]),
        "brand": lambda dice: pair(dice) + dice.pick(syllables),
        "product": lambda dice: "".join(
            skewed(dice, slots[k]) for k in ("looks", "stuffs", "things")
        ),
        "stuff": lambda dice: skewed(dice, slots["stuffs"]),
        "law": lambda dice: skewed(dice, slots["laws"]),
        "unit": lambda dice: skewed(dice, slots["units"]),
        "number": lambda dice: str(dice.between(1, 680)),
        "count": lambda dice: str(dice.between(2, 480)),
        "article": lambda dice: str(dice.between(1, 90)),
        "amount": lambda dice: str(dice.between(2, 9000) * 50),
    }
