"""Counts what became of records: published by class, withheld by reason, in time by authority."""

from collections import Counter

from portal.catalog_model import Catalog
from portal.publish.timeliness import TimelinessCounter, Verdict


class Tally:
    """The counts of one snapshot."""

    def __init__(self, catalog: Catalog) -> None:
        self._classes = [c.code for c in catalog.classes]
        self._published: Counter[str] = Counter()
        self._withheld: Counter[str] = Counter()
        self.timing = TimelinessCounter(catalog)

    def add(self, class_code: str, reason: str, verdict: Verdict | None, times: int = 1) -> None:
        """Count a record, or several alike; `reason` is empty for a public one."""
        if reason:
            self._withheld[reason] += times
        else:
            self._published[class_code] += times
        if verdict is not None:
            self.timing.add(verdict, times)

    @property
    def published(self) -> int:
        """Number of public records."""
        return self._published.total()

    @property
    def by_class(self) -> dict[str, int]:
        """Class → number of public records, in the catalogue's order."""
        return {code: self._published[code] for code in self._classes}

    @property
    def withheld(self) -> dict[str, int]:
        """Reason → number of records that are not public for it."""
        return dict(sorted(self._withheld.items()))

    @property
    def timeliness(self) -> dict[str, tuple[int, int, int]]:
        """Authority → public decisions in time, late, and of years that no calendar knows."""
        found: dict[str, tuple[int, int, int]] = {}
        for entry in self.timing.result():
            before = found.get(entry.authority, (0, 0, 0))
            counts = (entry.in_time, entry.late, entry.unknown)
            in_time, late, unknown = map(sum, zip(before, counts, strict=True))
            found[entry.authority] = (in_time, late, unknown)
        return found
