"""The keyed hash by which a natural person's records are found from name and full ID number.

The public side knows a person by this hash alone: publishing writes it beside each record, the
check of a person computes it from what a visitor types. Without the key nobody can try numbers
against a snapshot. Only citizens' ID numbers (GB 11643) are hashed; other documents have no check
character, and no one spelling.
"""

import hashlib
import hmac
import re
import unicodedata
from pathlib import Path

from portal import identifiers
from portal.errors import SettingError
from portal.key_file import KEY_BYTES, make_key, read_key

NOBODY = bytes(KEY_BYTES)
"""Stands where there is no hash; no hash has this value."""

_SETTING = "PORTAL_PERSON_KEY_FILE"
_MIDDLE_DOTS = re.compile("[·•・‧∙⋅ᐧ᛫⸱ᆞ.]+")
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u034f\u180b-\u180d]+")


def load_person_key(path: Path) -> bytes:
    """Return the key of the hashes, making it on first use. For publishing only.

    Its file is its owner's, and to be read by its group, less the umask: the web process, which
    may be another user's, reads it too. Raises SettingError when it cannot be made, or
    `read_person_key` cannot read it.
    """
    key = read_person_key(path)
    if key is not None:
        return key
    try:
        make_key(path, 0o640)
    except OSError as error:
        raise SettingError(f"{_SETTING}：无法写入 {path}") from error
    return load_person_key(path)


def read_person_key(path: Path) -> bytes | None:
    """Return the key of the hashes, or None while there is none. Never makes one.

    Raises SettingError when the file cannot be read or is damaged: with another key no published
    record would be found any more.
    """
    try:
        return read_key(path)
    except OSError as error:
        raise SettingError(f"{_SETTING}：无法读取 {path}") from error
    except ValueError as error:
        raise SettingError(f"{_SETTING}：{path} 不是 {KEY_BYTES} 字节的密钥") from error


def person_key(secret: bytes, name: str, id_number: str) -> bytes | None:
    """Return the HMAC-SHA256 of a folded name and ID number, None if the number is no valid one.

    Any spelling of the number will do: with spaces or dashes, full width, lower-case x, or the 15
    digits of the first generation. The hash is computed for invalid numbers too, so that they cost
    what valid ones do.
    """
    number = _one_spelling(id_number)
    digest = _digest(secret, "person", fold_person_name(name), number)
    return digest if identifiers.is_id_number(number) else None


def fingerprint(secret: bytes) -> str:
    """Return what tells whether two processes have the same key, and nothing of the key itself."""
    return _digest(secret, "fingerprint").hex()[:16]


def name_digest(secret: bytes, name: str) -> str:
    """Return a keyed hash (hex) of a folded name: enough to count how often it is asked for."""
    return _digest(secret, "name", fold_person_name(name)).hex()


def audit_digest(secret: bytes, name: str, id_number: str = "") -> str:
    """Return what the audit log holds (hex) instead of a name, or of a name and a number.

    It is none of the hashes in a snapshot: log and snapshot cannot be laid side by side. The number
    may be anything that was typed.
    """
    number = _one_spelling(id_number)
    return _digest(secret, "audit", fold_person_name(name), number).hex()


def audit_address_digest(secret: bytes, address: str) -> str:
    """Return what the audit log holds (hex) instead of a client's address."""
    return _digest(secret, "audit-address", address).hex()


def fold_person_name(name: str) -> str:
    """Return a person's name in its one spelling, for comparing, never for display.

    Half width, upper case, no spaces, no invisible characters, one middle dot for every kind.
    Traditional and simplified characters stay apart: in a name they are different characters.
    """
    folded = name
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _one_spelling(id_number: str) -> str:
    number = identifiers.fold_code(id_number)
    return identifiers.upgrade_old_id(number) if identifiers.is_old_id_number(number) else number


def _fold_once(text: str) -> str:
    plain = _VARIATION_SELECTORS.sub("", unicodedata.normalize("NFKC", text))
    kept = "".join(c for c in plain if not c.isspace() and unicodedata.category(c) not in "CcCf")
    return unicodedata.normalize("NFKC", _MIDDLE_DOTS.sub("·", kept).upper())


def _digest(secret: bytes, *parts: str) -> bytes:
    # Folded texts hold no control characters: what divides them cannot be forged.
    message = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hmac.digest(secret, message, hashlib.sha256)
