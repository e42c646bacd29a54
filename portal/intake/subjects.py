"""Who a row is about: organisation, household or natural person, and by which codes.

The kind decides how a subject is protected, so doubt goes to the side of the natural person, and a
contradiction between the stated kind and the codes is a rejection.
"""

import re
from collections.abc import Mapping

from portal import identifiers
from portal.catalog_model import RecordClass
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
_ORGANISATION_WORDS = re.compile(
    "公司|集团|厂|店|社|所|院|校|园|中心|银行|协会|商会|学会|基金会|委员会|局|政府|部$|站|场|行$|馆|铺|坊|企业|合伙|酒楼|超市"
)


def read_subject(record_class: RecordClass, values: Mapping[str, str]) -> Subject:
    """Build the checked subject of a row from its canonical values.

    Raises ValueError with a reason (no value in it) when the kind cannot be told, contradicts the
    codes, or an organisation has none where its class needs one.
    """
    card = values.get("id_number", "")
    uscc, org_code, registration, number = _codes(record_class, values, card)
    kind = _kind(record_class, values, has_code=bool(uscc or org_code or registration), id=number)
    if uscc.startswith(_HOUSEHOLD_PREFIX) and kind is SubjectKind.ORGANIZATION:
        kind = SubjectKind.HOUSEHOLD
    if kind is SubjectKind.PERSON:
        if uscc or org_code:
            raise ValueError("主体类别为自然人，却带有组织的代码")
        registration = ""
    elif kind is SubjectKind.ORGANIZATION and not (uscc or org_code or registration):
        if record_class.organizations_need_code:
            raise ValueError("组织没有有效的统一社会信用代码、组织机构代码或注册号")
        if number:
            raise ValueError("主体类别为组织，却只有个人证件号码")
    return Subject(
        kind=kind,
        name=values["subject_name"],
        uscc=uscc,
        org_code=org_code,
        registration=registration,
        id_type=values.get("id_type", ""),
        id_number="" if kind is SubjectKind.ORGANIZATION else number,
    )


def _codes(
    record_class: RecordClass, values: Mapping[str, str], card: str
) -> tuple[str, str, str, str]:
    """Return credit code, organisation code, registration number, ID number.

    The court's one column for both (`cardNum`) is told apart by shape.
    """
    uscc = values.get("uscc", "")
    org_code = values.get("org_code", "")
    registration = values.get("registration_number", "")
    if registration and not identifiers.is_registration_number(registration):
        registration = ""
    number = card
    field = record_class.field("id_number")
    if field is not None and field.type == "card_number":
        if identifiers.is_uscc(card):
            uscc, number = uscc or card, ""
        elif identifiers.is_org_code(card):
            org_code, number = org_code or card, ""
        elif identifiers.is_registration_number(card) and not identifiers.is_old_id_number(card):
            registration, number = registration or card, ""
    if uscc and org_code and identifiers.org_code_of(uscc) != org_code:
        raise ValueError("组织机构代码与统一社会信用代码第9至17位不符")
    return uscc, org_code, registration, number


def _kind(
    record_class: RecordClass, values: Mapping[str, str], *, has_code: bool, id: str
) -> SubjectKind:
    field = record_class.field("subject_kind")
    stated = values.get("subject_kind", "")
    if field is not None and stated and not field.unreliable:
        if stated not in STATED_KINDS:
            raise ValueError("主体类别不是法人及非法人组织、自然人、个体工商户之一")
        return STATED_KINDS[stated]
    if values.get("uscc", "").startswith(_HOUSEHOLD_PREFIX):
        return SubjectKind.HOUSEHOLD
    if has_code:
        return SubjectKind.ORGANIZATION
    organisation = _ORGANISATION_WORDS.search(values["subject_name"]) is not None
    if organisation and id and not _is_citizen(id):
        raise ValueError("名称是组织的，代码却校验不通过")
    if id or not organisation:
        return SubjectKind.PERSON
    return SubjectKind.ORGANIZATION


def _is_citizen(number: str) -> bool:
    """Tell whether a number is a citizen's, be it masked by the source."""
    whole = identifiers.is_id_number(number) or identifiers.is_old_id_number(number)
    return whole or "*" in number
