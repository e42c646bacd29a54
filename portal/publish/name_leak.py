"""Does a record whose subject may show with the surname alone name it in full somewhere else?

A name by itself is no secret: another person of that name may be a creditor or a representative.
So it is looked for only in the record of the person it belongs to.
"""

import re

from portal.names import bare, is_organisation_like, personal_part
from portal.publish.masks import HIDDEN_NAME
from portal.publish.own_names import OwnNames
from portal.records import PublishedRecord, StoredRecord, SubjectKind

_BOUND = re.compile(r"[*，。；、：\n]+")
_ANONYMOUS = "某"
_PAIR = 2


def name_leak(record: StoredRecord, published: PublishedRecord) -> str | None:
    """Return the field in which the full name stands of a person who is shown masked, or None.

    Fields of the catalogue are named `fields.<name>`. Width, spaces, dots and traditional
    characters make no difference. A name of two characters may be part of an organisation's name.
    """
    masked = HIDDEN_NAME in published.subject_name
    if published.subject_kind is not SubjectKind.PERSON or not masked:
        return None
    name = personal_part(record.subject.name)
    if _ANONYMOUS in name:
        return None
    own = OwnNames((name,))
    short = len(bare(name)) <= _PAIR
    texts = {"subject_name": published.subject_name, "title": published.title} | {
        f"fields.{field}": text for field, text in published.fields.items()
    }
    for field, text in texts.items():
        if any(map(own.stand_in, _BOUND.split(text))) and not (
            short and is_organisation_like(text)
        ):
            return field
    return None
