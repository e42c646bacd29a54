"""Which records share a subject, and the ids under which the public knows records and subjects."""

import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from portal import identifiers
from portal.errors import SettingError
from portal.key_file import make_key, read_key
from portal.publish.persons import protected_kind
from portal.records import StoredRecord, Subject, SubjectKind

_ID_BYTES = 15  # 24 letters and digits, 120 bits
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 in small letters
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]
_SHIFTS = range(110, -1, -10)

_CITIZEN_TYPE = re.compile("身份|居住证|居留|户口")
_DOCUMENT_SHAPES = (
    (re.compile("护照"), re.compile(r"[A-Z]{0,2}\d{6,9}|[A-Z0-9]{1,4}\d{5,8}[A-Z]?")),
    (re.compile("台胞|台湾|臺灣"), re.compile(r"\d{8}(?:\d{2})?(?:[A-Z0-9]{1,2})?")),
    (re.compile("通行证|回乡证|通行證"), re.compile(r"[A-Z]{1,2}\d{7,10}")),
)
"""Types of ID that are no citizen's, and the shape of their numbers."""


def load_secret(path: Path) -> bytes:
    """Return the key of the public ids, making it (mode 600) on first use.

    Raises SettingError when it cannot be read or is damaged: another key would change every
    address of the site.
    """
    try:
        secret = read_key(path)
        if secret is None:
            make_key(path, 0o600)
            secret = read_key(path)
    except (OSError, ValueError) as error:
        raise SettingError(f"PORTAL_SECRET_FILE：无法读取 {path}") from error
    return secret if secret is not None else load_secret(path)


class PublicIds:
    """Ids that are stable while the secret is kept, and say nothing of what they stand for."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def record(self, key: bytes) -> str:
        """Return the public id of the record with this business key."""
        return self._encode(b"record|" + key)

    def entity(self, key: bytes) -> str:
        """Return the public id of the subject with this entity key."""
        return self._encode(b"entity|" + key)

    def _encode(self, message: bytes) -> str:
        digest = hmac.digest(self._secret, message, hashlib.sha256)[:_ID_BYTES]
        number = int.from_bytes(digest, "big")
        return "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


class SubjectLinks:
    """Tells which records share a subject.

    Organisations meet by credit code; an organisation code leads to the one credit code that holds
    it in positions 9 to 17, a former code to the one organisation that declares it, and on to the
    one that declares that one's. A code that leads to two stays by itself. Nobody meets by name
    alone: persons and households only where name and number are both the same, records without a
    number never; an organisation whose record gives a personal name stays apart from its others.
    """

    def __init__(
        self,
        credit_codes: Iterable[str],
        former_codes: Iterable[tuple[str, str]],
        living: Collection[str] = (),
    ) -> None:
        """Take all credit codes there are, and (former code, credit code) pairs.

        `living` are the credit codes whose own assignment is in force: none of them is another's
        former code, whatever a registrar's slip says. Nor is any of those that declare each other.
        """
        # Nearly every organisation code is in one credit code alone and needs no graph.
        self._holder: dict[str, str] = {}
        leads: dict[str, set[str]] = defaultdict(set)
        for uscc in credit_codes:
            org_code = identifiers.org_code_of(uscc)
            holder = self._holder.setdefault(org_code, uscc)
            if holder != uscc:
                leads[org_code] |= {holder, uscc}
        alive = set(map(identifiers.org_code_of, living)).union(living)
        for former, uscc in former_codes:
            own = former in (uscc, identifiers.org_code_of(uscc))
            if not own and former not in alive:
                leads[former].add(uscc)
                if former in self._holder:
                    leads[former].add(self._holder[former])
        self._branching = frozenset(leads)
        for code in _circular(leads):
            del leads[code]
        self._ends = _ends(leads)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield every code that leads to another one, with the code it leads to."""
        yield from self._ends.items()
        for code, holder in self._holder.items():
            if code not in self._branching:
                yield code, self._ends.get(holder, holder)

    def credit_code(self, subject: Subject) -> str:
        """Return the credit code of an organisation, found through its other codes if need be."""
        if subject.uscc:
            return self._ends.get(subject.uscc, subject.uscc)
        return next(filter(None, map(self._end, codes_of(subject))), "")

    def _end(self, code: str) -> str:
        if code in self._branching or code not in self._holder:
            return self._ends.get(code, "")
        holder = self._holder[code]
        return self._ends.get(holder, holder)

    def entity_key(self, record: StoredRecord) -> bytes:
        """Return the key that is equal for records of the same subject, and only for those."""
        subject = record.subject
        name = identifiers.fold_document_number(subject.name)
        if subject.kind is SubjectKind.ORGANIZATION:
            code = self.credit_code(subject) or subject.org_code or subject.registration
            if not code:
                return b"record|" + record.key
            person = protected_kind(subject, record.values.get("representative", ""))
            if person is SubjectKind.PERSON:
                return f"organization|{code}|{name}".encode()
            return f"organization|{code}".encode()
        number = _linking_number(subject) or subject.uscc or subject.registration
        return (
            f"{subject.kind.value}|{name}|{number}".encode()
            if number
            else (b"record|" + record.key)
        )


def codes_of(subject: Subject) -> tuple[str, ...]:
    """Return the codes by which a subject is linked to others, the one that decides first."""
    if subject.uscc:
        return (subject.uscc,)
    return tuple(filter(None, (subject.org_code, subject.registration)))


def _ends(leads: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return code → the one code at the end of all its ways, for every code that has only one.

    Codes on a circle, and those that lead to one, have none.
    """
    ends: dict[str, str] = {}
    onward = _onward(leads)
    before = _reversed(onward)
    open_ways = {code: len(targets) for code, targets in onward.items()}
    ready = [code for code in leads if code not in onward]
    while ready:
        code = ready.pop()
        found = {ends.get(to, to) for to in leads[code]}
        if len(found) == 1:
            ends[code] = found.pop()
        for earlier in before.get(code, ()):
            open_ways[earlier] -= 1
            if open_ways[earlier] == 0:
                ready.append(earlier)
    return ends


def _circular(leads: Mapping[str, Collection[str]]) -> set[str]:
    """Return the codes that lie on a circle, or on a way from one circle to another."""
    onward = _onward(leads)
    backward = _reversed(onward)
    core = set(onward)
    for ways, others in ((onward, backward), (backward, onward)):
        # Whatever has no way on, or none that is left, lies on no circle.
        count = {code: sum(to in core for to in ways.get(code, ())) for code in core}
        ready = [code for code, left in count.items() if left == 0]
        while ready:
            code = ready.pop()
            core.discard(code)
            for other in others.get(code, ()):
                if other in core:
                    count[other] -= 1
                    if count[other] == 0:
                        ready.append(other)
    return core


def _onward(leads: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return code → those of its targets that lead on, for codes that have any."""
    onward = ((code, [to for to in targets if to in leads]) for code, targets in leads.items())
    return {code: targets for code, targets in onward if targets}


def _reversed(leads: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return target → the codes that lead to it."""
    sources: dict[str, list[str]] = defaultdict(list)
    for code, targets in leads.items():
        for to in targets:
            sources[to].append(code)
    return sources


def _linking_number(subject: Subject) -> str:
    """Return the ID number by which a person is known, empty unless it is valid for its type."""
    number = subject.id_number
    if not subject.id_type or _CITIZEN_TYPE.search(subject.id_type):
        if identifiers.is_old_id_number(number):
            return identifiers.upgrade_old_id(number)
        return number if identifiers.is_id_number(number) else ""
    for kind, shape in _DOCUMENT_SHAPES:
        if kind.search(subject.id_type):
            return number if shape.fullmatch(number) else ""
    return ""
