"""Who is protected as a natural person, and who is a minor. Pure functions."""

import re
from datetime import date

from portal import identifiers
from portal.calendar import years_between
from portal.publish.masks import is_person_like
from portal.records import StoredRecord, Subject, SubjectKind

ADULT = 18
_YEAR_IN_MASK = re.compile(r"\d{6}((?:19|20)\d{2})")


def protected_kind(subject: Subject, representative: str = "") -> SubjectKind:
    """Return the kind as which a subject is protected.

    A household (个体工商户) registered under just its owner's name is a natural person here.
    """
    household = subject.kind is SubjectKind.HOUSEHOLD
    if household and (subject.name == representative or is_person_like(subject.name)):
        return SubjectKind.PERSON
    return subject.kind


def may_be_minor(record: StoredRecord, decided_on: date) -> bool:
    """Tell whether the person may have been under 18 when the decision was made.

    By the birth date of the ID; else by the birth year that a masked ID still shows, or the age
    the source gives: one sign is enough, the benefit of the doubt goes to the minor.
    """
    number = record.subject.id_number
    birth = identifiers.id_birth_date(number)
    if birth is not None:
        return years_between(birth, decided_on) < ADULT
    match = _YEAR_IN_MASK.match(number)
    if match and decided_on.year - int(match[1]) <= ADULT:
        return True
    age = record.values.get("age", "")
    return age.isascii() and age.isdigit() and 0 < int(age) < ADULT
