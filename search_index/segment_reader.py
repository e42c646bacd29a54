"""One segment of an index, open for reading: its terms, its columns, its texts."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from search_index import schema
from search_index.codec import BitmapTermsReader
from search_index.name_table import CharacterColumn, map_characters
from search_index.storage import MappedFile, MappedStorage, TextColumn, read_numbers


class SegmentReader:
    """A segment's open files, and where its document numbers start in the whole index.

    `deleted` are its documents that are not there any more, `common` above how many documents a
    pair of characters is common there (0: no threes are indexed).
    """

    def __init__(self, storage: MappedStorage, segment: Any, base: int = 0) -> None:
        self.base = base
        self.count = int(segment.doc_count_all())
        self.deleted = BitMap(segment.deleted_docs())
        self.common = int(getattr(segment, "common", 0))
        self._storage = storage
        self._segment = segment
        self.files: list[MappedFile] = []
        self.terms: BitmapTermsReader = segment.codec().terms_reader(storage, segment)
        self.texts = TextColumn(*self._column(schema.TEXT), self.count)

    def characters(self, column: str) -> CharacterColumn:
        """Return a column of the characters of names. Raises SnapshotError if it is damaged."""
        name = self._segment.codec().column_filename(self._segment, column)
        return map_characters(Path(self._storage.folder) / name, self.count)

    def numbers(self, column: str) -> npt.NDArray[np.int32]:
        """Return a whole column of 32-bit numbers. Raises SnapshotError if it is damaged."""
        return read_numbers(*self._column(column), self.count, np.dtype(np.int32))

    def number_columns(self) -> tuple[str, ...]:
        """Return the names of the columns of 32-bit numbers that documents were given."""
        return schema.NUMBERS[self._segment.indexname]

    def order(self) -> npt.NDArray[np.int64]:
        """Return the places of the documents among all, ascending. Raises SnapshotError."""
        return read_numbers(*self._column(schema.ORDER), self.count, np.dtype(np.int64))

    def _column(self, column: str) -> tuple[MappedFile, int]:
        name = self._segment.codec().column_filename(self._segment, column)
        file: MappedFile = self._storage.open_file(name)
        self.files.append(file)
        return file, int(self._storage.file_length(name))

    def rest(self) -> None:
        """Give the pages that were read back to the system."""
        for file in (*self.files, *self.terms.files()):
            file.rest()

    def close(self) -> None:
        """Close the files."""
        self.terms.close()
        for file in self.files:
            file.close()
