"""Which records share a subject, and the ids under which the public knows records and subjects."""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable
from pathlib import Path

from portal import identifiers
from portal.errors import SettingError
from portal.records import StoredRecord, Subject, SubjectKind

SECRET_BYTES = 32
_ID_BYTES = 15  # 24 letters and digits, 120 bits


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
    it in positions 9 to 17, an old registration number to the one organisation that declares it as
    a former code. A code that leads to two stays by itself. Nobody meets by name alone: persons and
    households only where name and number are both the same, records without a number never.
    """

    def __init__(
        self, codes: Iterable[tuple[str, str]], former_codes: Iterable[tuple[str, str]]
    ) -> None:
        """Take (credit code, organisation code) pairs, and (former code, credit code) pairs."""
        leads: dict[str, set[str]] = {}
        for uscc, _ in codes:
            if uscc:
                leads.setdefault(identifiers.org_code_of(uscc), set()).add(uscc)
        for former, uscc in former_codes:
            leads.setdefault(former, set()).add(uscc)
        self._unique = {code: next(iter(to)) for code, to in leads.items() if len(to) == 1}

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
        if subject.kind is SubjectKind.ORGANIZATION:
            code = self.credit_code(subject) or subject.org_code or subject.registration
            return f"organization|{code}".encode() if code else b"record|" + record.key
        number = subject.id_number or subject.uscc or subject.registration
        if not number or "*" in number:
            return b"record|" + record.key
        if identifiers.is_old_id_number(number):
            number = identifiers.upgrade_old_id(number)
        name = identifiers.fold_document_number(subject.name)
        return f"{subject.kind.value}|{name}|{number}".encode()
