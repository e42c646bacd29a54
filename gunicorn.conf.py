"""How gunicorn serves the portal. It reads this file by itself; the command line goes before it.

The application writes the access log (docs/logs.md). gunicorn's own stays off, and its error log
quotes no request: addresses hold what visitors look for.
"""

import os
from pathlib import Path
from typing import Any

from portal import bounds
from portal.web import metric_slots
from portal.web.server import DiscreetLog, Worker

metric_slots.claim_folder()

wsgi_app = "wsgi:app"
bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"

worker_class = Worker
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# Code and catalogue are loaded once and shared; a snapshot is opened by each worker for itself.
preload_app = True
# A worker makes room for a fresh one now and then, never all at the same moment.
max_requests = 20_000
max_requests_jitter = 2_000

# Seconds: a worker that does not answer its master, the last requests of one that ends, and how
# long an idle connection is held: longer than a proxy before it holds its own (deploy/nginx.conf).
timeout = 30
graceful_timeout = 30
keepalive = 5
# Workers show their master in memory that they live: a slow disk must not look like a dead worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

limit_request_line = bounds.REQUEST_LINE
limit_request_fields = bounds.HEADERS.most
limit_request_field_size = bounds.HEADER.most

# What a proxy says is believed in one place, and as PORTAL_TRUSTED_PROXIES allows: gunicorn itself
# would take from any header of this machine where the site stands, and whether by TLS.
forwarder_headers = ""
secure_scheme_headers = {}

logger_class = DiscreetLog
accesslog = None
errorlog = "-"
http_parser = "python"
control_socket_disable = True


def pre_fork(server: Any, worker: Worker) -> None:
    """Give a new worker a slot for its metrics."""
    worker.slot = metric_slots.free_slot(other.slot for other in server.WORKERS.values())


def post_fork(_: Any, worker: Worker) -> None:
    """Let the worker count in its slot."""
    metric_slots.take(worker.slot)


def child_exit(_: Any, worker: Worker) -> None:
    """Forget what a worker that has ended was at."""
    metric_slots.forget_living(worker.slot)


def on_exit(_: Any) -> None:
    """Leave no metrics behind."""
    metric_slots.remove_folder()
