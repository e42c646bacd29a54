"""Addresses of clients (IPv4 and IPv6): their one spelling, what may be kept of them, networks."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

_KEPT = {4: (24, 0xFFFFFF00), 6: (48, ((1 << 48) - 1) << 80)}
"""Bits that are kept of an address of each version, as a length and as a mask."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Networks that somebody may come from."""

    members: tuple[IPv4Network | IPv6Network, ...] = ()

    def hold(self, address: str) -> bool:
        """Tell whether an address is in one of them; what is no address is in none."""
        read = read_address(address)
        return read is not None and any(read in network for network in self.members)

    def __iter__(self) -> Iterator[IPv4Network | IPv6Network]:
        return iter(self.members)

    def __str__(self) -> str:
        return ",".join(str(network) for network in self.members)


def read_networks(text: str) -> Networks:
    """Read networks in CIDR notation, divided by commas. Raises ValueError that says so."""
    parts = (part.strip() for part in text.split(","))
    try:
        return Networks(tuple(ip_network(part) for part in parts if part))
    except ValueError:
        raise ValueError("要求网段，以逗号分隔，例如 10.0.0.0/8,fd00::/8") from None


def canonical(address: str) -> str:
    """Return an address in its one spelling, IPv4 within IPv6 as IPv4; empty for what is none."""
    read = read_address(address)
    return "" if read is None else str(read)


def truncated(address: str) -> str | None:
    """Return the network that is kept of an address: /24 of IPv4, /48 of IPv6.

    None for what is no address: it may be anything that a client wrote in a header.
    """
    read = read_address(address)
    if read is None:
        return None
    length, mask = _KEPT[read.version]
    return f"{type(read)(int(read) & mask)}/{length}"


def is_loopback(address: str) -> bool:
    """Tell whether an address is one of this machine's own, 127.0.0.0/8 or ::1."""
    read = read_address(address)
    return read is not None and read.is_loopback


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is, None where it is none.

    IPv4 written as IPv6 is IPv4. The zone of a link is dropped, and a port that a proxy added: it
    changes with every connection.
    """
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        read = ip_address(host)
    except ValueError:
        return None
    if isinstance(read, IPv6Address):
        return read.ipv4_mapped or IPv6Address(int(read))  # without the zone of a link
    return read
