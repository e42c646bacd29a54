"""Who asks: an address, seen through the trusted proxies only, or an institution with its key."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import cast

from flask import Flask, current_app, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.addresses import read_address
from portal.errors import UnavailableError, WrongKeyError
from portal.institutions import HEADER, LONGEST, Institution, holder, read_institutions
from portal.web.reading import settings

UNKNOWN = "unknown"
"""Stands for every address that is none: all of them together are counted as one."""

_IPV6_NETWORK = 64
_KNOWN = "portal.institutions"


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: `network` an address or the /64 of one; `institution` empty without a key."""

    network: str
    institution: str = ""
    wrong_key: bool = False

    @property
    def counted_as(self) -> str:
        """What its budgets are kept under."""
        return f"institution {self.institution}" if self.institution else f"address {self.network}"


def install(app: Flask, trusted_proxies: int) -> None:
    """Take the address of a client from so many proxies, and from nobody else."""
    if trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=trusted_proxies, x_proto=trusted_proxies
        )


def client() -> Client:
    """Return who makes this request. Raises UnavailableError when a key cannot be checked now."""
    if "client" not in g:
        found = network(request.remote_addr or "")
        key = request.headers.get(HEADER)
        if key is None:
            g.client = Client(found)
        else:
            name = holder(_institutions(), key) if len(key) <= LONGEST else ""
            g.client = Client(found, name, wrong_key=not name)
    return cast("Client", g.client)


def keys_problem() -> str:
    """Return why the keys of institutions cannot be checked now, empty where they can."""
    try:
        _institutions()
    except UnavailableError as error:
        return str(error)
    return ""


def refuse_wrong_key() -> None:
    """Raise WrongKeyError where the request carries a key that is nobody's."""
    if client().wrong_key:
        raise WrongKeyError(HEADER, "这不是有效的机构密钥")


def network(address: str) -> str:
    """Return what an address is counted under: IPv4 itself, IPv6 by its /64.

    What is no address at all is UNKNOWN.
    """
    read = read_address(address)
    if isinstance(read, IPv6Address):
        return str(ip_network((read, _IPV6_NETWORK), strict=False))
    return UNKNOWN if read is None else str(read)


def _institutions() -> tuple[Institution, ...]:
    """Return who has a key; the file is read again when it has changed."""
    path = settings().keys_path
    try:
        found = path.stat()
    except OSError:
        state = None  # reading it says what is wrong with it
    else:
        state = (found.st_mtime_ns, found.st_ino, found.st_size)
    held, known = current_app.extensions.get(_KNOWN, (None, ()))
    if state is None or state != held:
        known = read_institutions(path)
        current_app.extensions[_KNOWN] = (state, known)
    return cast("tuple[Institution, ...]", known)
