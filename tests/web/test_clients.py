"""Under what an address is counted."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.clients import UNKNOWN, network


@given(st.ip_addresses(v=4))
def test_ipv4_is_one_client_however_it_is_written(address: IPv4Address) -> None:
    ways = (f"{address}", f" {address} ", f"{address}:443", f"::ffff:{address}")
    assert {network(way) for way in (*ways, f"[::ffff:{address}]:443")} == {str(address)}


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1), st.integers(0, 65_535))
def test_ipv6_is_counted_by_its_network(address: IPv6Address, host: int, port: int) -> None:
    if address.ipv4_mapped:
        return
    found = network(str(address))
    assert found.endswith("/64")
    neighbour = IPv6Address((int(address) >> 64 << 64) + host)
    if not neighbour.ipv4_mapped:
        assert network(f"[{neighbour}]:{port}") == found
    elsewhere = IPv6Address((int(address) + 2**64) % 2**128)
    if not elsewhere.ipv4_mapped:
        assert network(str(elsewhere)) != found


@pytest.mark.parametrize(
    "address", ["", "unknown", "1.2.3", "1.2.3.4.5", "::g", "蓝穗", "[", "a:b"]
)
def test_what_is_no_address_is_counted_as_one(address: str) -> None:
    assert network(address) == UNKNOWN


def test_a_zone_makes_no_other_client() -> None:
    assert network("fe80::1%eth0") == network("fe80::2%eth1") == "fe80::/64"
