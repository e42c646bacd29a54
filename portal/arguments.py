"""The parameters of an address: each known, given once, and short; else refused by its name."""

from collections.abc import Collection, Mapping, Sequence

from portal import bounds
from portal.errors import BadRequestError, TooLongError

_SHOWN_NAME = 40


def single_values(arguments: Mapping[str, Sequence[str]], names: Collection[str]) -> dict[str, str]:
    """Return each of the parameters `names` with its one value, without space around it.

    `arguments` maps each to all its values; one that is not given is empty. Raises BadRequestError
    for a parameter that is not among them or given twice, TooLongError for one that is too long.
    """
    for name in arguments:
        if name not in names:
            raise BadRequestError(_shown(name), "没有这个参数")
    values: dict[str, str] = {}
    for name in names:
        given = arguments.get(name, ())
        if len(given) > bounds.TIMES.most:
            raise BadRequestError(name, "只能给出一次")
        values[name] = given[0].strip() if given else ""
        most = (bounds.QUERY if name == bounds.QUERY.name else bounds.VALUE).most
        if len(values[name]) > most:
            raise TooLongError(name, "最多 %(most)s 个字", most=most)
    return values


def _shown(name: str) -> str:
    """Return the name of a parameter as it may be told: never empty, nothing unseen in it."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name[:_SHOWN_NAME]) or "\ufffd"


def printable(text: str) -> str:
    """Return a text with a space for whatever cannot be seen."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
