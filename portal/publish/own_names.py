"""Hide the name of a record's own subject, or of its owner, wherever else it stands in the record.

Unlike `personal_names`, which has to recognise strangers, this knows whom it looks for: in any
width, with spaces, dots or invisible characters in it, in simplified or traditional characters,
exactly as the search index would find it.
"""

from collections.abc import Collection

from portal.names import personal_part
from portal.publish.masks import mask_name
from search_index.text import fold_name, spans

_SHORTEST = 2


class OwnNames:
    """The names that a record must not show outside its subject's own field.

    `hidden` are full names, also in a dress such as `经营者张三`; `kept` are names in which they
    may go on standing: the registered name of a shop holds its owner's.
    """

    def __init__(self, hidden: Collection[str], kept: Collection[str] = ()) -> None:
        plain = {personal_part(name) for name in hidden}
        folded = {fold_name(name): mask_name(name) for name in plain}
        self._masks = {
            name: mask for name, mask in folded.items() if len(name) >= _SHORTEST and mask
        }
        self._kept = tuple(filter(None, map(fold_name, kept)))

    def stand_in(self, text: str) -> bool:
        """Tell whether one of the names stands in a text."""
        folded = fold_name(text) if self._masks else ""
        return any(name in folded for name in self._masks)

    def hide(self, text: str) -> str:
        """Return a text with each of the names as its mask."""
        if not self.stand_in(text):
            return text
        kept = [span for name in self._kept for span in spans(text, name)]
        found = sorted(
            (start, end, mask)
            for name, mask in self._masks.items()
            for start, end in spans(text, name)
            if not any(first <= start and end <= last for first, last in kept)
        )
        parts: list[str] = []
        done = 0
        for start, end, mask in found:
            if start >= done:
                parts += (text[done:start], mask)
                done = end
        return "".join(parts) + text[done:]
