"""Who is protected as a natural person, and who is a minor. Pure functions."""

import re
import unicodedata
from datetime import date

from portal import identifiers
from portal.calendar import years_between
from portal.names import bare, is_organisation_like, is_person_like, may_be_person
from portal.records import StoredRecord, Subject, SubjectKind

ADULT = 18
_OLDEST = 130
_YEAR_IN_MASK = re.compile(r"\d{6}((?:19|20)\d{2})")
_NOUGHT = re.compile(r"0+(?:\.0+)?")
_YEARS = re.compile(r"\d+")


def protected_kind(subject: Subject, representative: str = "") -> SubjectKind:
    """Return the kind as which a subject is protected.

    A household (个体工商户) registered under just its owner's name is a natural person here, and so
    is an organisation under a bare personal name: none is ever registered so, the source has its
    kind or its code wrong.
    """
    if subject.kind is SubjectKind.PERSON:
        return subject.kind
    name = bare(subject.name)
    owner = name == bare(representative) and not is_organisation_like(name)
    household = subject.kind is SubjectKind.HOUSEHOLD
    if owner or (may_be_person(name) if household else is_person_like(name)):
        return SubjectKind.PERSON
    return subject.kind


def may_be_minor(record: StoredRecord, decided_on: date) -> bool:
    """Tell whether the person may have been under 18 when the decision was made.

    By the birth date of the ID; else by the birth year that a masked ID still shows, or the age
    the source gives: one sign is enough, the benefit of the doubt goes to the minor. An age that
    cannot be read is such a sign where no birth year speaks against it; a bare 0 is no age.
    """
    number = record.subject.id_number
    birth = identifiers.id_birth_date(number)
    if birth is not None:
        return years_between(birth, decided_on) < ADULT
    match = _YEAR_IN_MASK.match(number)
    if match and decided_on.year - int(match[1]) <= ADULT:
        return True
    text = unicodedata.normalize("NFKC", record.values.get("age", "")).strip()
    if not text or _NOUGHT.fullmatch(text):
        return False
    years = _YEARS.match(text)
    if years and int(years[0]) <= _OLDEST:
        return int(years[0]) < ADULT
    return match is None
