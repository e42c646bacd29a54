"""The audit log: who checked which natural person, and whether that was answered.

It holds keyed digests alone, under the key of the person checks: whoever has the key can tell
whether a given person was asked for, or by a given address; without it nobody can tell anything.
Whether records were found is not written: the snapshot named beside it would tell who may know.
"""

import logging
import os
from typing import Literal, cast

import msgspec
from flask import Flask, current_app, request

from portal.addresses import canonical
from portal.config import Settings
from portal.errors import UnavailableError
from portal.person_key import audit_address_digest, audit_digest
from portal.web import metrics
from portal.web.access import request_id
from portal.web.access_log import utc_text
from portal.web.log_file import LineFile
from portal.web.reading import moment

MODE = 0o600
_AUDIT = "portal.audit"
_log = logging.getLogger(__name__)

Outcome = Literal["answered", "limited", "failed"]
"""An answer was given (with or without records); a limit refused it; it could not be answered."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the audit log; docs/logs.md tells its fields."""

    time: str
    id: str
    outcome: Outcome
    name: str
    person: str
    address: str
    snapshot: str | None
    pid: int


def install(app: Flask, settings: Settings) -> None:
    """Give the application its audit log."""
    app.extensions[_AUDIT] = LineFile(str(settings.audit_path), MODE)


def audit_log_problem() -> str:
    """Return why the audit log cannot be written now, empty where it can."""
    return _file().problem()


def audit(
    secret: bytes, name: str, id_number: str, *, outcome: Outcome, snapshot: str | None
) -> None:
    """Write down that a person was asked for. Once it returns, an answer is on the disk.

    Raises UnavailableError when it cannot be written: what is not on record is not answered.
    """
    entry = Entry(
        time=utc_text(moment()),
        id=request_id(),
        outcome=outcome,
        name=audit_digest(secret, name),
        person=audit_digest(secret, name, id_number),
        address=audit_address_digest(secret, canonical(request.remote_addr or "")),
        snapshot=snapshot,
        pid=os.getpid(),
    )
    try:
        _file().append(msgspec.json.encode(entry), durable=outcome == "answered")
    except OSError as error:
        metrics.log_failures.labels("audit").inc()
        _log.error("The audit log cannot be written: %s", os.strerror(error.errno or 0))
        metrics.person_checks.labels("failed").inc()
        raise UnavailableError("自然人查询暂不可用：查询登记无法写入") from None
    metrics.person_checks.labels(outcome).inc()


def _file() -> LineFile:
    return cast("LineFile", current_app.extensions[_AUDIT])
