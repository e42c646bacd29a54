"""Sealed public-security records (治安管理处罚法 Art. 136). Pure functions.

Decided by the legal basis, not by the authority alone: what the police decide under fire or traffic
law is public, what anybody decides under 治安管理处罚法 is sealed. What cannot be told is withheld.
"""

from collections.abc import Mapping

from portal.catalog_model import Sealed
from portal.publish.wording import mentions, texts


def sealing_reason(class_code: str, values: Mapping[str, str], policy: Sealed) -> str:
    """Return `sealed`, `ambiguous_basis`, or an empty text for a record that is neither."""
    if class_code not in policy.classes:
        return ""
    basis = "；".join(texts(values, policy.fields))
    if mentions(basis, policy.words):
        return "sealed"
    others = texts(values, policy.mention_fields)
    if any(mentions(text, policy.words) for text in others):
        return "ambiguous_basis"
    by_police = any(
        mentions(name, policy.authority_words) for name in texts(values, policy.authority_fields)
    )
    return "ambiguous_basis" if by_police and not mentions(basis, policy.clear_words) else ""
