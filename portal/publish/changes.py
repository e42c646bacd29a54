"""Which records may be published otherwise than last time, and all others of their subjects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

import msgspec

from portal.intake.registry_reader import RegistryReader
from portal.publish.digests import DigestKey
from portal.publish.identity import SubjectLinks
from portal.publish.ledger import Ledger
from portal.records import RecordEvent

_AT_ONCE = 5_000


class Changes:
    """Compares one view of the registry with the ledger of the last publish."""

    def __init__(
        self,
        reader: RegistryReader,
        ledger: Ledger,
        links: SubjectLinks,
        events: Iterable[RecordEvent],
        key: DigestKey,
    ) -> None:
        self._reader = reader
        self._ledger = ledger
        self._subject_links = links
        self._key = key
        self._event_keys = {key.of(e.digest): (e.by_code, e.by_name) for e in events}
        self._links = _links_that_differ(ledger, links, key)
        self._events = _Difference(ledger.events(), event_digests(events, key))

    def records(self, today: date, most: float) -> set[int]:
        """Return the ids of the records to judge again as of `today`, or more than `most` of them.

        Those that were delivered, withdrawn or came back since, whose day has come, of which an
        event speaks that was not there or spoke otherwise, whose codes lead elsewhere; and, since
        one record can change how another of its subject is shown, all records of the subjects that
        these had and have. Raises ValueError when the ledger is not of this registry.
        """
        ledger = self._ledger
        found = self._delivered() | ledger.due(today) | ledger.linked_by(self._links.codes)
        found |= ledger.met_by(self._events.differing)
        keys = {k for event in self._events.present for k in self._event_keys[event]} - {b""}
        found.update(self._reader.ids_met_by(keys))
        if len(found) > most:
            return found
        subjects = ledger.subjects_of(found)
        for record in self._reader.newest_first(ids=found):
            subjects.add(self._key.of(self._subject_links.entity_key(record)))
        return found | ledger.records_of(subjects)

    def note(self) -> None:
        """Bring the ledger's links and events up to date."""
        self._ledger.put_links(self._links.present, self._links.gone)
        self._ledger.put_events(self._events.present.items(), self._events.gone)

    def _delivered(self) -> set[int]:
        found: set[int] = set()
        parts = zip_longest(
            self._reader.states(_AT_ONCE), self._ledger.states(_AT_ONCE), fillvalue=()
        )
        for present, known in parts:
            if present != known:
                found.update(_differing(present, known))
        return found


def _differing(
    present: Sequence[tuple[int, int]], known: Sequence[tuple[int, int]]
) -> Iterator[int]:
    """Yield the ids that are new or have another state; what is known stays there for ever."""
    for now, before in zip_longest(present, known):
        if now == before:
            continue
        if now is None or (before is not None and now[0] != before[0]):
            raise ValueError
        yield now[0]


class _Difference:
    """What differs between two maps: `present` has its new values, `gone` is there no more."""

    def __init__(self, before: Mapping[int, int], now: Mapping[int, int]) -> None:
        self.present = {key: value for key, value in now.items() if before.get(key) != value}
        self.gone = before.keys() - now.keys()

    @property
    def differing(self) -> set[int]:
        return self.present.keys() | self.gone


@dataclass(frozen=True, slots=True)
class _LinksThatDiffer:
    """Links that are `present` only now, as (link, code), and those that are `gone`, as links."""

    present: list[tuple[int, int]]
    gone: set[int]
    codes: set[int]


def _links_that_differ(ledger: Ledger, links: SubjectLinks, key: DigestKey) -> _LinksThatDiffer:
    gone = ledger.links()
    present = []
    for code, target in links.pairs():
        link = _link(code, target, key)
        if link in gone:
            gone.remove(link)
        else:
            present.append((link, key.of(code)))
    codes = {code for _, code in present} | ledger.codes_of_links(gone)
    return _LinksThatDiffer(present, gone, codes)


def link_digests(links: SubjectLinks, key: DigestKey) -> Iterator[tuple[int, int]]:
    """Yield the digest of each link, from a code to the code it leads to, and that of its code."""
    return ((_link(code, target, key), key.of(code)) for code, target in links.pairs())


def _link(code: str, target: str, key: DigestKey) -> int:
    return key.of(f"{code}>{target}")


def event_digests(events: Iterable[RecordEvent], key: DigestKey) -> dict[int, int]:
    """Return the digest of each event with that of all it says."""
    return {key.of(event.digest): key.of(msgspec.msgpack.encode(event)) for event in events}
