"""Amounts: in yuan inside texts, in 万元 in the field beside them, always the same sum."""

from portal.sample.dice import Dice

CENTS = 100
_TEN_THOUSAND = 10_000


def ten_thousands(cents: int, dice: Dice) -> str:
    """Return a sum in 万元, with all six decimals or without trailing zeros."""
    whole, rest = divmod(cents, CENTS * _TEN_THOUSAND)
    text = f"{whole}.{rest:06d}"
    return text if dice.chance(0.3) else text.rstrip("0").rstrip(".")


def yuan(cents: int, dice: Dice) -> str:
    """Return a sum in yuan as texts write it: 2000, 2,000.50, 3万."""
    whole, rest = divmod(cents, CENTS)
    if rest:
        return f"{whole}.{rest:02d}"
    if whole % _TEN_THOUSAND == 0 and whole and dice.chance(0.5):
        return f"{whole // _TEN_THOUSAND}万"
    return f"{whole:,}" if dice.chance(0.2) else str(whole)


def round_sum(low: int, high: int, dice: Dice) -> int:
    """Return a round sum in cents between two limits in yuan, small ones more often."""
    yuans = low + int((high - low) * dice.random() ** 3)
    step = 50 if yuans < 1_000 else 500 if yuans < 50_000 else 10_000  # noqa: PLR2004 - by size
    return max(low, yuans // step * step) * CENTS
