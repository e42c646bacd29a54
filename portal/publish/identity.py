"""Which records share a subject, and the ids under which the public knows records and subjects."""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from portal import identifiers
from portal.errors import SettingError
from portal.publish.persons import protected_kind
from portal.records import StoredRecord, Subject, SubjectKind

SECRET_BYTES = 32
_ID_BYTES = 15  # 24 letters and digits, 120 bits

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
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}-{os.getpid()}")
            handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(os.urandom(SECRET_BYTES).hex().encode())
            partial.rename(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise SettingError(f"PORTAL_SECRET_FILE：无法读取 {path}") from error
    if len(secret) != SECRET_BYTES:
        raise SettingError(f"PORTAL_SECRET_FILE：{path} 不是 {SECRET_BYTES} 字节的密钥")
    return secret


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
        return base64.b32encode(digest).decode("ascii").lower()


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
        codes: Iterable[tuple[str, str]],
        former_codes: Iterable[tuple[str, str]],
        living: Collection[str] = (),
    ) -> None:
        """Take (credit code, organisation code) pairs, and (former code, credit code) pairs.

        `living` are the credit codes whose own assignment is in force: none of them is another's
        former code, whatever a registrar's slip says. Nor is any of those that declare each other.
        """
        held: dict[str, set[str]] = {}
        for uscc, _ in codes:
            if uscc:
                held.setdefault(identifiers.org_code_of(uscc), set()).add(uscc)
        alive = {*living, *map(identifiers.org_code_of, living)}
        leads: dict[str, set[str]] = {}
        for former, uscc in former_codes:
            own = former in (uscc, identifiers.org_code_of(uscc))
            if not own and former not in alive:
                leads.setdefault(former, set()).add(uscc)
        one = {code: next(iter(to)) for code, to in leads.items() if len(to) == 1}
        circular = {code for code in one if _end(code, one) == code}
        straight = {code: to for code, to in one.items() if code not in circular}
        reached: dict[str, set[str]] = {}
        for code, to in (*held.items(), *leads.items()):
            if code not in circular:
                reached.setdefault(code, set()).update(_end(uscc, straight) for uscc in to)
        self._unique = {code: next(iter(to)) for code, to in reached.items() if len(to) == 1}

    def credit_code(self, subject: Subject) -> str:
        """Return the credit code of an organisation, found through its other codes if need be."""
        if subject.uscc:
            return self._unique.get(subject.uscc, subject.uscc)
        for code in (subject.org_code, subject.registration):
            if code and code in self._unique:
                return self._unique[code]
        return ""

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


def _end(code: str, leads: Mapping[str, str]) -> str:
    """Return the last code of a chain, the code itself where it is the last or leads back to it."""
    seen = {code}
    here = code
    while here in leads:
        here = leads[here]
        if here == code:
            return code
        if here in seen:  # it leads into a circle of others, whose links do not count
            break
        seen.add(here)
    return here


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
