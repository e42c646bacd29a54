"""Keys under which deliveries meet: records and their versions, events and their records."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from portal import identifiers
from portal.catalog_model import KEY_PARTS, RecordClass
from portal.records import Subject, SubjectKind

KEY_BYTES = 16
_OWN = bytes(8)
_SHOWN_OF_A_MASK = 4
_REGION = 6


def business_key(record_class: RecordClass, subject: Subject, values: Mapping[str, str]) -> bytes:
    """Return the 16-byte key under which later deliveries meet this record.

    Made of the class and the parts its catalogue entry names: authority (code, else name), folded
    document number, subject, and so on. Different brackets or widths give the same key, and so do
    different masks of one ID number.
    """
    parts = [record_class.code]
    for part in record_class.key:
        if part == "subject":
            parts.append(_subject_key(subject))
        elif part == "authority":
            parts.append(values.get("authority_code") or folded(values["authority"]))
        else:
            parts.append(folded(values.get(part, "")))
    return _short(parts)


def occurrence_key(key: bytes, number: int) -> bytes:
    """Return the key of the record of that number (from 0) among those that share a key.

    Subjects without any number cannot be told apart: one decision may name two of one name.
    """
    return _short(["occurrence", key.hex(), str(number)]) if number else key


def is_identified(subject: Subject) -> bool:
    """Tell whether more than its name says who a subject is: a code, or an ID number."""
    return bool(_code(subject) or subject.id_number)


def key_parts(record_class: RecordClass, values: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of the business key that are fields, folded."""
    return {
        part: folded(values.get(part, "")) for part in record_class.key if part not in KEY_PARTS
    }


def same_subject(one: Subject, other: Subject) -> bool:
    """Tell whether two rows of one decision speak of the same subject, as far as they say.

    By code where both have one of a kind; else the names must agree, and the ID numbers as far as
    both show them. A code on one side and an ID number on the other are two subjects.
    """
    codes = _organisation_code(one), _organisation_code(other)
    if all(codes):
        return codes[0] == codes[1]
    if one.registration and other.registration:
        return one.registration == other.registration
    if folded(one.name) != folded(other.name):
        return False
    if one.id_number and other.id_number:
        return _may_be_one(one.id_number, other.id_number)
    return not (one.id_number and _code(other)) and not (other.id_number and _code(one))


def _subject_key(subject: Subject) -> str:
    if subject.kind is not SubjectKind.PERSON:
        code = _code(subject)
        if code or subject.kind is SubjectKind.ORGANIZATION:
            return code or folded(subject.name)
    return "|".join((folded(subject.name), _number_key(subject.id_number)))


def _code(subject: Subject) -> str:
    return _organisation_code(subject) or subject.registration


def _organisation_code(subject: Subject) -> str:
    return identifiers.org_code_of(subject.uscc) if subject.uscc else subject.org_code


def _number_key(number: str) -> str:
    """Return what all sources show of an ID number: all of it, or both ends of a masked one."""
    if "*" in number:
        head, tail = _ends(number)
        return f"{head[:_SHOWN_OF_A_MASK]}*{tail[-_SHOWN_OF_A_MASK:]}"
    return identifiers.upgrade_old_id(number) if identifiers.is_old_id_number(number) else number


def _may_be_one(one: str, other: str) -> bool:
    if "*" not in one + other:
        return _number_key(one) == _number_key(other)
    (head, tail), (other_head, other_tail) = _ends(one), _ends(other)
    shown, last = min(len(head), len(other_head)), min(len(tail), len(other_tail))
    if len(one) != len(other):  # the two generations of ID numbers share the region only
        shown, last = min(shown, _REGION), 0
    return (
        head[:shown] == other_head[:shown]
        and tail[len(tail) - last :] == other_tail[len(other_tail) - last :]
    )


def _ends(number: str) -> tuple[str, str]:
    """Return the digits before and after the mask; the whole number twice where there is none."""
    head, mask, _ = number.partition("*")
    return head.rstrip("X") if mask else head, number.rpartition("*")[2]


@dataclass(frozen=True, slots=True)
class MatchKeys:
    """The keys under which an event finds a record: its number with the subject's code, or name.

    `by_code` is empty where the subject has no code or whole ID number. The authority is compared
    on the side: sources give its code, its name, or both.
    """

    by_code: bytes
    by_name: bytes

    def both(self) -> tuple[bytes, bytes]:
        """Return both keys."""
        return self.by_code, self.by_name

    def meets(self, other: "MatchKeys") -> bool:
        """Tell whether both speak of one record: by code, or by name where one has no code."""
        if self.by_code and self.by_code == other.by_code:
            return True
        if _is_code(self.by_code) and _is_code(other.by_code):
            return False
        return self.by_name == other.by_name


def own_code(key: bytes) -> bytes:
    """Return what stands in for the code of a record whose subject has none.

    Only what was noted for this very record carries it; to all else the record has no code.
    """
    return _OWN + key[len(_OWN) :]


def _is_code(by_code: bytes) -> bool:
    return bool(by_code) and not by_code.startswith(_OWN)


def match_keys(
    class_code: str, document_number: str, decided_on: str, subject: Subject
) -> MatchKeys:
    """Return the match keys of a record, or of the record that an event speaks of.

    A record without a number is known by its class and day instead.
    """
    number = folded(document_number) or f"{class_code}|{decided_on}"
    has_number = subject.id_number and "*" not in subject.id_number
    code = _subject_key(subject) if has_number or _code(subject) else ""
    return MatchKeys(
        by_code=_short(["code", number, code]) if code else b"",
        by_name=_short(["name", number, folded(subject.name)]),
    )


def scope_key(class_code: str, values: Mapping[str, str]) -> bytes:
    """Return the key of the list a record belongs to: class, list and authority.

    A whole list speaks for its own authority and list only.
    """
    return _scope(class_code, values, values.get("authority_code", ""))


def scope_keys(class_code: str, values: Mapping[str, str]) -> frozenset[bytes]:
    """Return the keys of the lists a row speaks for: also of what came without the code."""
    return frozenset((scope_key(class_code, values), _scope(class_code, values, "")))


@lru_cache(maxsize=1_000)
def _scope_of(class_code: str, list_code: str, authority: str) -> bytes:
    return _short(["scope", class_code, list_code, authority])


def _scope(class_code: str, values: Mapping[str, str], authority_code: str) -> bytes:
    authority = authority_code or folded(values["authority"])
    return _scope_of(class_code, values.get("list_code", ""), authority)


def same_authority(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Tell whether two rows name the same authority: by code where both have one, else by name."""
    codes = one.get("authority_code", ""), other.get("authority_code", "")
    if all(codes):
        return codes[0] == codes[1]
    return folded(one.get("authority", "")) == folded(other.get("authority", ""))


def row_digest(values: Mapping[str, str]) -> bytes:
    """Return the SHA-256 of a row's canonical values."""
    return _digest(sorted(values.items()))


@lru_cache(maxsize=4_000)
def folded(text: str) -> str:
    """Return text in the one spelling in which keys compare it."""
    return identifiers.fold_document_number(text)


def _short(parts: list[str]) -> bytes:
    return _digest(parts)[:KEY_BYTES]


def _digest(content: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(content)).digest()
