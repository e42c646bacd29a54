"""Is the process alive, and is it ready to answer.

Outside, a reason is one of a few fixed sentences: what exactly is wrong may name files, and is told
to the log alone.
"""

import logging

from flask import Blueprint, Response, current_app

from portal.errors import SettingError, SnapshotError
from portal.person_key import fingerprint, read_person_key
from portal.web.access import access_log_problem
from portal.web.audit import audit_log_problem
from portal.web.clients import keys_problem
from portal.web.headers import keep_nowhere
from portal.web.limits import counters_answer, limiter
from portal.web.reading import live, lookup, policy, settings

health = Blueprint("health", __name__)
limiter.exempt(health)

_log = logging.getLogger(__name__)
_TOLD = "portal.told"

NO_SNAPSHOT = "没有可以使用的快照"
OLD_SNAPSHOT = "新快照无法打开，仍在使用上一个快照"
OTHER_PERSON_KEY = "自然人查询暂不可用：比对所用的密钥与已发布的数据不一致"
NO_AUDIT = "自然人查询暂不可用：查询登记无法写入"
NO_ACCESS_LOG = "访问日志无法写入"
NO_KEYS = "机构密钥文件无法读取"
NO_COUNTERS = "限流计数的存储没有响应，各进程暂时各自计数"
OTHER_POLICY = "快照所依据的目录与本站正在使用的不同，请重新发布"


@health.before_request
def _keep_nowhere() -> None:
    keep_nowhere()


@health.get("/healthz")
def alive() -> Response:
    """The process lives."""
    return _plain("ok", 200)


@health.get("/readyz")
def ready() -> Response:
    """All is as it should be; else 503, and every reason why not, one a line."""
    found = faults()
    if found:
        return _plain("\n".join(found), 503)
    return _plain("\n".join(("ok", *_remarks())), 200)


def faults() -> list[str]:
    """Return what may be said outside of all that keeps the portal from being ready."""
    try:
        reading = lookup()
    except SnapshotError as error:
        _tell("snapshot", str(error))
        found = [NO_SNAPSHOT]
    else:
        manifest = reading.snapshot.manifest
        age = (reading.today - manifest.day).days
        found = [
            snapshot_problem(),
            OTHER_POLICY if manifest.policy != policy() else "",
            f"快照已有 {age} 天未更新" if age > settings().snapshot_max_age else "",
            OTHER_PERSON_KEY if not _is_person_key(manifest.person_key) else "",
        ]
    problem = audit_log_problem()
    _tell("audit", f"The audit log cannot be written: {problem}" if problem else "")
    return [fault for fault in (*found, NO_AUDIT if problem else "") if fault]


def _remarks() -> list[str]:
    """Return what is not as it should be, while visitors are served all the same."""
    problem = access_log_problem()
    _tell("access", f"The access log cannot be written: {problem}" if problem else "")
    return [
        *([NO_ACCESS_LOG] if problem else []),
        *([NO_KEYS] if keys_problem() else []),
        *([] if counters_answer() else [NO_COUNTERS]),
    ]


def _is_person_key(published: str) -> bool:
    """Tell whether persons can be checked by the key that a snapshot was published with."""
    if not published:
        return True  # it has nothing to compare with
    try:
        secret = read_person_key(settings().person_key_path)
    except SettingError as error:
        _tell("key", str(error))
        return False
    return secret is not None and fingerprint(secret) == published


def snapshot_problem() -> str:
    """Return what may be said outside of a snapshot that cannot be opened, empty if all is well."""
    _tell("snapshot", live().problem)
    return OLD_SNAPSHOT if live().problem else ""


def _tell(subject: str, detail: str) -> None:
    """Write a problem to the log, once until another one of its subject takes its place."""
    told: dict[str, str] = current_app.extensions.setdefault(_TOLD, {})
    if detail and told.get(subject) != detail:
        _log.error("%s", detail)
    told[subject] = detail


def _plain(text: str, status: int) -> Response:
    return Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")
