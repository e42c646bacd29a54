"""Where the workers of one gunicorn keep their counts for /metrics: one set of files a slot.

prometheus-client names the files by process id. Workers are replaced now and then, so that there
would be ever more of them; a slot is taken over by the next worker, with its counts.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from itertools import count
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client looks for the folder."""

_taken = {"slot": 0}


def claim_folder() -> Path:
    """Return the folder of this master's workers, made in TMPDIR when first asked for.

    To be called before anything imports prometheus-client. A master that another one started does
    not take over that one's folder: both may run for a while.
    """
    prefix = f"credit-portal-metrics-{os.getpid()}-"
    folder = os.environ.get(VARIABLE, "")
    if not Path(folder).name.startswith(prefix):
        folder = os.environ[VARIABLE] = tempfile.mkdtemp(prefix=prefix)
    return Path(folder)


def remove_folder() -> None:
    """Remove the folder, when the master ends."""
    shutil.rmtree(claim_folder(), ignore_errors=True)


def free_slot(taken: Iterable[int]) -> int:
    """Return the lowest slot, from 1, that no living worker has; 0 is the master's."""
    used = set(taken)
    slot = next(number for number in count(1) if number not in used)
    forget_living(slot)
    return slot


def take(slot: int) -> None:
    """Count in this slot from now on, in a worker that has just begun."""
    _taken["slot"] = slot


def current() -> int:
    """Return the slot of this process."""
    return _taken["slot"]


def forget_living(slot: int) -> None:
    """Forget what the worker of a slot was at, when it has ended. What it counted is kept."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(slot)  # type: ignore[no-untyped-call]
