from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.addresses import canonical, is_loopback, read_networks, truncated


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:aaaa:bbbb::77", "2001:db8:aaaa::/48"),
        ("2001:0DB8:AAAA:BBBB:0:0:0:77", "2001:db8:aaaa::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::1", "::/48"),
        ("", None),
        ("unknown", None),
        ("203.0.113.77:4711", "203.0.113.0/24"),
        ("380102197707086138", None),
        ("203.0.113.077", None),
        ("²", None),
    ],
)
def test_only_the_network_is_kept(address: str, kept: str | None) -> None:
    assert truncated(address) == kept


@given(st.ip_addresses())
def test_an_address_lies_in_what_is_kept_and_nothing_more_is_said(
    address: IPv4Address | IPv6Address,
) -> None:
    meant = getattr(address, "ipv4_mapped", None) or address
    kept = truncated(str(address))
    assert kept is not None
    network = ip_network(kept)
    assert meant in network
    assert network.prefixlen == (24 if meant.version == 4 else 48)


@given(st.ip_addresses())
def test_one_spelling(address: IPv4Address | IPv6Address) -> None:
    spelled = canonical(address.exploded.upper())
    assert canonical(spelled) == spelled
    assert canonical(str(address)) == spelled
    assert ip_address(spelled) == (getattr(address, "ipv4_mapped", None) or address)


def test_networks() -> None:
    networks = read_networks(" 10.0.0.0/8, fd00::/8 ,192.0.2.1")
    for inside in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "192.0.2.1"):
        assert networks.hold(inside), inside
    for outside in ("11.1.2.3", "192.0.2.2", "2001:db8::1", "", "10.0.0.0/8", "x"):
        assert not networks.hold(outside), outside
    assert str(networks) == "10.0.0.0/8,fd00::/8,192.0.2.1/32"
    assert str(read_networks("")) == ""
    for wrong in ("10.0.0.1/8", "10/8/8", "all", "10.0.0.0/33"):
        with pytest.raises(ValueError):
            read_networks(wrong)


def test_loopback() -> None:
    assert all(is_loopback(here) for here in ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"))
    assert not any(is_loopback(there) for there in ("10.0.0.1", "localhost", "", "::2"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("192.0.2.50:1234", "192.0.2.50"),
        (" 192.0.2.50 ", "192.0.2.50"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:192.0.2.50", "192.0.2.50"),
        ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.50:1234:1", ""),
        ("unknown", ""),
    ],
)
def test_what_proxies_add_is_dropped(written: str, read: str) -> None:
    assert canonical(written) == read
