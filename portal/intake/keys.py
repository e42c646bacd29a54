"""Keys under which deliveries meet: records and their versions, events and their records."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from portal import identifiers
from portal.catalog_model import RecordClass
from portal.records import Subject, SubjectKind

KEY_BYTES = 16


def business_key(record_class: RecordClass, subject: Subject, values: Mapping[str, str]) -> bytes:
    """Return the 16-byte key under which later deliveries meet this record.

    Made of the class and the parts its catalogue entry names: authority (code, else name), folded
    document number, subject, and so on. Different brackets or widths give the same key.
    """
    parts = [record_class.code]
    for part in record_class.key:
        if part == "subject":
            parts.append(_subject_key(subject))
        elif part == "authority":
            parts.append(values.get("authority_code") or _folded(values["authority"]))
        else:
            parts.append(_folded(values.get(part, "")))
    return _short(parts)


def _subject_key(subject: Subject) -> str:
    if subject.kind is SubjectKind.ORGANIZATION:
        code = identifiers.org_code_of(subject.uscc) if subject.uscc else subject.org_code
        return code or subject.registration or _folded(subject.name)
    number = subject.id_number
    if identifiers.is_old_id_number(number):
        number = identifiers.upgrade_old_id(number)
    return "|".join((_folded(subject.name), number or subject.uscc or subject.registration))


@dataclass(frozen=True, slots=True)
class MatchKeys:
    """The keys under which an event finds a record: its number with the subject's code, or name.

    `by_code` is empty where the subject has no code or whole ID number. The authority is compared
    on the side: sources give its code, its name, or both.
    """

    by_code: bytes
    by_name: bytes

    def meets(self, other: "MatchKeys") -> bool:
        """Tell whether both speak of one record: by code, or by name where one has no code."""
        if self.by_code and other.by_code:
            return self.by_code == other.by_code
        return self.by_name == other.by_name


def match_keys(
    class_code: str, document_number: str, decided_on: str, subject: Subject
) -> MatchKeys:
    """Return the match keys of a record, or of the record that an event speaks of.

    A record without a number is known by its class and day instead.
    """
    number = _folded(document_number) or f"{class_code}|{decided_on}"
    has_code = subject.uscc or subject.org_code or subject.registration
    has_number = subject.id_number and "*" not in subject.id_number
    code = _subject_key(subject) if has_code or has_number else ""
    return MatchKeys(
        by_code=_short(["code", number, code]) if code else b"",
        by_name=_short(["name", number, _folded(subject.name)]),
    )


def scope_key(class_code: str, values: Mapping[str, str]) -> bytes:
    """Return the key of the list a record belongs to: class, list and authority.

    A whole list speaks for its own authority and list only.
    """
    authority = values.get("authority_code") or _folded(values["authority"])
    return _short(["scope", class_code, values.get("list_code", ""), authority])


def same_authority(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Tell whether two rows name the same authority: by code where both have one, else by name."""
    codes = one.get("authority_code", ""), other.get("authority_code", "")
    if all(codes):
        return codes[0] == codes[1]
    return _folded(one.get("authority", "")) == _folded(other.get("authority", ""))


def row_digest(values: Mapping[str, str]) -> bytes:
    """Return the SHA-256 of a row's canonical values."""
    return _digest(sorted(values.items()))


def _folded(text: str) -> str:
    return identifiers.fold_document_number(text)


def _short(parts: list[str]) -> bytes:
    return _digest(parts)[:KEY_BYTES]


def _digest(content: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(content)).digest()
