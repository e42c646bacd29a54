"""The keys that publishing works with."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of the public ids and of the check of natural persons."""

    public_ids: bytes
    persons: bytes

    @property
    def ledger(self) -> bytes:
        """The key of the ledger's digests: who has the ledger alone can try no values."""
        return hmac.digest(self.public_ids, b"ledger", hashlib.sha512)

    @property
    def fingerprint(self) -> str:
        """What tells whether two publishes had the same keys, and nothing of the keys."""
        return hmac.digest(self.public_ids, b"fingerprint|" + self.persons, hashlib.sha256).hex()
