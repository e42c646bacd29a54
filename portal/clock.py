"""The clock of Asia/Shanghai. Only the command line and the web edge read it."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present moment in Asia/Shanghai."""
    return datetime.now(SHANGHAI)


def today() -> date:
    """Return the present day in Asia/Shanghai, which decides what is public."""
    return now().date()


def seconds_to_midnight(moment: datetime) -> int:
    """Return the whole seconds left of the day in Asia/Shanghai."""
    local = moment.astimezone(SHANGHAI)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), SHANGHAI)
    return int((midnight - local).total_seconds())
