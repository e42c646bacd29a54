"""How the text of a setting becomes its value. Each raises ValueError, saying what is wanted."""

import re

from limits import parse_many
from limits.errors import ConfigurationError
from limits.storage import SlidingWindowCounterSupport, Storage, storage_from_string

from portal.counters import SCHEME as FILE

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(rf"https?://{_LABEL}(?:\.{_LABEL})*(?::[1-9]\d{{0,4}})?", re.ASCII)


def text(value: str) -> str:
    """Return a text without blanks around it."""
    return value.strip()


def number(value: str) -> int:
    """Return a whole number from 0."""
    if not (value.isascii() and value.isdigit()):
        raise ValueError("要求非负整数")
    return int(value)


def positive(value: str) -> int:
    """Return a whole number from 1."""
    if not number(value):
        raise ValueError("要求正整数")
    return int(value)


def switch(value: str) -> bool:
    """Return what 1 or 0 says."""
    if value not in ("0", "1"):
        raise ValueError("要求 0 或 1")
    return value == "1"


def embedded(value: str) -> str:
    """Return nothing: only the embedded engine is there so far."""
    if value:
        raise ValueError("目前只能留空：使用快照自带的数据库和索引")
    return value


def limit(value: str) -> str:
    """Return a limit as the `limits` library writes it; several stand between semicolons."""
    if any(item.amount < 1 for item in parse_many(value)):
        raise ValueError("要求至少 1 次")
    return value


def counters(value: str) -> str:
    """Return the address of a storage of the `limits` library, or nothing."""
    value = value.strip()
    if not value:
        return value
    try:
        storage = storage_from_string(value)
    except (ConfigurationError, ValueError):
        # Without its cause: the address may hold a password.
        raise ValueError(
            f"要求 {FILE}:///文件，或者 limits 库能用的地址（所需的程序包已经安装）"
        ) from None
    if not isinstance(storage, Storage):
        raise ValueError("不能用 async+ 开头的地址")
    if not isinstance(storage, SlidingWindowCounterSupport):
        raise ValueError("这种存储不能按滑动窗口计数")
    return value


def origin(value: str) -> str:
    """Return scheme and host of a site, or nothing."""
    value = value.strip()
    if value and not _ORIGIN.fullmatch(value):
        raise ValueError("要求协议和小写的主机名，不带路径，例如 https://credit.example.cn")
    return value


def file(value: str) -> str:
    """Return the path of a file. Raises ValueError for the standard output."""
    value = value.strip()
    if value == "-":
        raise ValueError("要求文件的路径，不能是标准输出")
    return value
