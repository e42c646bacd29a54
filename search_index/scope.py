"""What one question may see: the records within day and filters, and whose names may be found."""

from functools import cached_property

import numpy as np
from pyroaring import BitMap

from portal.records import SubjectKind
from search_index import schema
from search_index.codec import numbers_of
from search_index.executor import IndexView, mask_bitmap

_FEW = 4000
"""So few names are looked at one entity at a time."""


class Scope:
    """What is visible on a day, within filters.

    `records` pass day and filters, `public` are those of them that are not a natural person's,
    `visible_names` are the names that may be shown that day, whatever the filters.
    """

    def __init__(
        self, names: IndexView, records_view: IndexView, records: BitMap, visible_names: BitMap
    ) -> None:
        self._names, self._view = names, records_view
        self.records = records
        self.visible_names = visible_names
        self._names_are_made = False

    @cached_property
    def public(self) -> BitMap:
        """The records that a fragment, a text or a filter may find."""
        return self.records - self._view.bitmap(schema.KIND, SubjectKind.PERSON.value)

    @cached_property
    def names(self) -> BitMap:
        """The visible names of entities that have a record in `records`."""
        self._names_are_made = True
        marked = self._view.documents.marked(numbers_of(self.records))
        rows = self._names.documents.rows
        shown = np.zeros(max(self._names.documents.size, len(marked)), dtype=np.bool_)
        shown[: len(marked)] = marked
        return self.visible_names & mask_bitmap(shown[rows])

    def named(self, names: BitMap) -> BitMap:
        """Return those of some names that are in `names`, without making all of it for a few."""
        if self._names_are_made or len(names) > _FEW:
            return names & self.names
        visible = numbers_of(names & self.visible_names)
        rows = self._names.documents.rows[visible]
        records = self._view.documents.of(np.unique(rows)) & self.records
        owners = self._view.documents.rows[numbers_of(records)]
        kept: BitMap = BitMap(visible[np.isin(rows, owners)].tolist())
        return kept
