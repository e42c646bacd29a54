"""A secret key in a file of its own: hex text, made once and never over another."""

import os
from pathlib import Path

KEY_BYTES = 32


def read_key(path: Path) -> bytes | None:
    """Return the key, or None while there is none.

    Raises OSError when it cannot be read, ValueError when it is not 32 bytes in hex.
    """
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    return key


def make_key(path: Path, mode: int) -> None:
    """Make a key in a file of this mode, less the umask; one that is there stays. Raises OSError.

    It is written aside and appears whole. What a run that was killed left aside is in nobody's way.
    """
    partial = path.with_name(f".{path.name}-{os.urandom(4).hex()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        with os.fdopen(handle, "wb") as stream:
            stream.write(os.urandom(KEY_BYTES).hex().encode())
            stream.flush()
            os.fsync(stream.fileno())
        path.hardlink_to(partial)  # unlike a rename, never over a key that another just made
    except FileExistsError:
        pass
    finally:
        partial.unlink(missing_ok=True)
