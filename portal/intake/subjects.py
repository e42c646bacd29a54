"""Who a row is about: organisation, household or natural person, and by which codes.

The kind decides how a subject is protected, so doubt goes to the side of the natural person, and a
contradiction between the stated kind and the codes is a rejection.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from portal import identifiers
from portal.catalog_model import RecordClass
from portal.names import is_organisation_like, is_person_like
from portal.records import Subject, SubjectKind

STATED_KINDS: Mapping[str, SubjectKind] = {
    "法人及非法人组织": SubjectKind.ORGANIZATION,
    "法人及其他组织": SubjectKind.ORGANIZATION,
    "法人或其他组织": SubjectKind.ORGANIZATION,
    "法人": SubjectKind.ORGANIZATION,
    "非法人组织": SubjectKind.ORGANIZATION,
    "其他组织": SubjectKind.ORGANIZATION,
    "企业": SubjectKind.ORGANIZATION,
    "企业法人": SubjectKind.ORGANIZATION,
    "组织": SubjectKind.ORGANIZATION,
    "机关": SubjectKind.ORGANIZATION,
    "事业单位": SubjectKind.ORGANIZATION,
    "社会组织": SubjectKind.ORGANIZATION,
    "社会团体": SubjectKind.ORGANIZATION,
    "个体工商户": SubjectKind.HOUSEHOLD,
    "个体": SubjectKind.HOUSEHOLD,
    "自然人": SubjectKind.PERSON,
    "个人": SubjectKind.PERSON,
    "公民": SubjectKind.PERSON,
}

_HOUSEHOLD_PREFIX = "92"


@dataclass(frozen=True, slots=True)
class _Codes:
    """The codes of a row: folded, valid or empty; `number` is what can only be an ID number."""

    uscc: str
    org_code: str
    registration: str
    number: str


def read_subject(record_class: RecordClass, values: Mapping[str, str]) -> Subject:
    """Build the checked subject of a row from its canonical values.

    Raises ValueError with a reason (no value in it) when the kind cannot be told, contradicts the
    codes, or an organisation has none where its class needs one.
    """
    codes = _codes(record_class, values)
    kind = _kind(record_class, values, codes)
    if codes.uscc.startswith(_HOUSEHOLD_PREFIX) and kind is SubjectKind.ORGANIZATION:
        kind = SubjectKind.HOUSEHOLD
    registration = codes.registration
    if kind is SubjectKind.PERSON:
        if codes.uscc or codes.org_code:
            raise ValueError("主体类别为自然人，却带有组织的代码")
        registration = ""
    elif kind is SubjectKind.ORGANIZATION and not (codes.uscc or codes.org_code or registration):
        if record_class.organizations_need_code:
            raise ValueError("组织没有有效的统一社会信用代码、组织机构代码或注册号")
        if codes.number:
            raise ValueError("主体类别为组织，却只有个人证件号码")
    return Subject(
        kind=kind,
        name=values["subject_name"],
        uscc=codes.uscc,
        org_code=codes.org_code,
        registration=registration,
        id_type=values.get("id_type", ""),
        id_number="" if kind is SubjectKind.ORGANIZATION else codes.number,
    )


def _codes(record_class: RecordClass, values: Mapping[str, str]) -> _Codes:
    """Return the codes of a row.

    The court's one column for all of them (`cardNum`) is told apart by shape and name: one in
    eleven passports is a valid organisation code too.
    """
    card = values.get("id_number", "")
    uscc = values.get("uscc", "")
    org_code = values.get("org_code", "")
    registration = values.get("registration_number", "")
    if registration and not identifiers.is_registration_number(registration):
        registration = ""
    number = card
    field = record_class.field("id_number")
    if field is not None and field.type == "card_number":
        organisation = is_organisation_like(values["subject_name"])
        if identifiers.is_uscc(card):
            uscc, number = uscc or card, ""
        elif organisation and identifiers.is_org_code(card):
            org_code, number = org_code or card, ""
        elif organisation and _is_registration(card):
            registration, number = registration or card, ""
    if uscc and org_code and identifiers.org_code_of(uscc) != org_code:
        raise ValueError("组织机构代码与统一社会信用代码第9至17位不符")
    return _Codes(uscc, org_code, registration, number)


def _is_registration(number: str) -> bool:
    """Tell whether a number is a registration number and cannot be an ID of the same length."""
    return identifiers.is_registration_number(number) and not identifiers.is_old_id_number(number)


def _kind(record_class: RecordClass, values: Mapping[str, str], codes: _Codes) -> SubjectKind:
    """Return the kind of the subject: the stated one, unless its name and codes speak against it.

    A bare personal name is no organisation's, whatever the source states: only a valid credit code
    keeps it one here (publishing protects it all the same).
    """
    stated = _stated(record_class, values)
    if stated in (SubjectKind.HOUSEHOLD, SubjectKind.PERSON):
        return stated
    if codes.uscc:
        household = codes.uscc.startswith(_HOUSEHOLD_PREFIX) and stated is None
        return SubjectKind.HOUSEHOLD if household else SubjectKind.ORGANIZATION
    if is_person_like(values["subject_name"]):
        if codes.org_code:
            raise ValueError("名称是自然人的姓名，却带有组织机构代码")
        return SubjectKind.PERSON
    return stated or _guessed(values["subject_name"], codes)


def _stated(record_class: RecordClass, values: Mapping[str, str]) -> SubjectKind | None:
    """Return the kind a row states, or None. Raises ValueError when it is none of the three."""
    field = record_class.field("subject_kind")
    stated = values.get("subject_kind", "")
    if field is None or field.unreliable or not stated:
        return None
    if stated not in STATED_KINDS:
        raise ValueError("主体类别不是法人及非法人组织、自然人、个体工商户之一")
    return STATED_KINDS[stated]


def _guessed(name: str, codes: _Codes) -> SubjectKind:
    """Return the kind of a subject that states none and has no credit code."""
    if codes.org_code:
        return SubjectKind.ORGANIZATION
    if codes.registration:
        # The number of a shop stands beside its owner's; that of a company may, too.
        person = codes.number and not is_organisation_like(name, surely=True)
        return SubjectKind.PERSON if person else SubjectKind.ORGANIZATION
    organisation = is_organisation_like(name)
    if organisation and codes.number and not _is_citizen(codes.number):
        raise ValueError("名称是组织的，代码却校验不通过")
    if codes.number or not organisation:
        return SubjectKind.PERSON
    return SubjectKind.ORGANIZATION


def _is_citizen(number: str) -> bool:
    """Tell whether a number is a citizen's, be it masked by the source."""
    whole = identifiers.is_id_number(number) or identifiers.is_old_id_number(number)
    return whole or "*" in number
