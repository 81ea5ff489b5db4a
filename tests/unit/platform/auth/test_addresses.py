from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.platform.auth.addresses import admitted, caller_address, is_anywhere, parse_network

PROXIES = (ip_network("10.0.0.0/24"), ip_network("2001:db8::/64"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.5", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.5", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.5", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.5", ["198.51.100.1, 10.0.0.6"], "198.51.100.1"),
        ("10.0.0.5", ["198.51.100.1, 10.0.0.6, 10.0.0.7"], "198.51.100.1"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", ["10.0.0.6"], "10.0.0.6"),
        ("::ffff:10.0.0.5", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8::1", ["2001:db9::7"], "2001:db9::7"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
    ],
)
def test_the_caller_is_the_last_one_that_no_trusted_proxy_vouches_for(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert caller_address(peer, forwarded, PROXIES) == ip_address(expected)


@pytest.mark.parametrize("forwarded", ["", "nonsense", "1.2.3.4:80", "198.51.100.1, unknown", "1.2.3.4/32"])
def test_an_address_that_is_none_is_nobody(forwarded: str) -> None:
    assert caller_address("10.0.0.5", [forwarded], PROXIES) is None
    assert caller_address("testclient", [], ()) is None


@settings(max_examples=200)
@given(st.lists(st.text(max_size=20), max_size=5))
def test_nobody_chooses_his_own_address(forwarded: list[str]) -> None:
    assert caller_address("203.0.113.9", forwarded, PROXIES) == ip_address("203.0.113.9")


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_whatever_stands_in_the_header_is_an_address_or_nobody(forwarded: str) -> None:
    address = caller_address("10.0.0.5", [forwarded], PROXIES)
    assert address is None or ip_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1.2.3/8", "10.0.0.0/8"), (" 203.0.113.7 ", "203.0.113.7/32"), ("2001:db8::1/32", "2001:db8::/32"),
        ("::ffff:10.1.2.3", "10.1.2.3/32"), ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)  # fmt: skip
def test_a_network_has_one_form(text: str, expected: str) -> None:
    assert parse_network(text) == expected


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "example.com", "10.0.0.0-10.0.0.9", "10.0.0.0/255.0.255.0"])
def test_a_network_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no network"):
        parse_network(text)


@pytest.mark.parametrize("network", ["fe80::1%eth0", "203.0.113.7/-1", "10.0.0.0/8/8", "２.0.0.0/8"])
def test_a_scope_or_a_second_prefix_is_no_network(network: str) -> None:
    with pytest.raises(InputError, match="no network"):
        parse_network(network)


@pytest.mark.parametrize(
    ("network", "expected"),
    [("0.0.0.0/0", True), ("128.0.0.0/1", True), ("::/0", True), ("2000::/3", True),
     ("10.0.0.0/8", False), ("203.0.113.7/32", False), ("fc00::/7", False), ("2001:db8::/32", False)],
)  # fmt: skip
def test_a_network_wider_than_any_private_one_is_anywhere(network: str, *, expected: bool) -> None:
    assert is_anywhere(network) == expected


def test_an_empty_list_admits_loopback_only() -> None:
    assert admitted(ip_address("127.0.0.9"), ())
    assert admitted(ip_address("::1"), ())
    assert not admitted(ip_address("10.0.0.1"), ())
    assert not admitted(None, ())
    assert not admitted(None, (ip_network("0.0.0.0/0"),))
    assert not admitted(ip_address("127.0.0.1"), (ip_network("10.0.0.0/8"),))
    assert not admitted(ip_address("::1"), (ip_network("0.0.0.0/0"),))
