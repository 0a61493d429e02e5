from ipaddress import ip_address

import pytest

from spywatch.guard import AllowedHosts, PrivateAddressError, check, is_public

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.20.30.40",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::7f00:1",
    "::ffff:0:127.0.0.1",
    "64:ff9b:1::1",
    "fec0::1",
    "192.0.0.192",
    "168.63.129.16",
    "192.88.99.1",
    "2002:5db8:d822::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2606:4700::5efe:a00:1",
    "2606:4700::200:5efe:a00:1",
    "3fff::1",
    "4000::1",
    "fd00:ec2::254",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(PrivateAddressError):
        check("a.example", 80, address, AllowedHosts())


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_addresses_pass(address: str) -> None:
    assert is_public(ip_address(address))
    check("a.example", 80, address, AllowedHosts())


@pytest.mark.parametrize(
    ("allowed", "host", "port", "address", "passes"),
    [
        ("127.0.0.1", "127.0.0.1", 8080, "127.0.0.1", True),
        ("127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1", True),
        ("127.0.0.1:8080", "127.0.0.1", 8081, "127.0.0.1", False),
        ("localhost", "LOCALHOST", 80, "127.0.0.1", True),
        ("10.0.0.0/8", "intranet", 80, "10.1.2.3", True),
        ("10.0.0.0/8", "intranet", 80, "192.168.0.1", False),
        ("[::1]:9000", "::1", 9000, "::1", True),
        ("::1", "::1", 9000, "::1", True),
        (" wiki.local , 10.0.0.0/8 ", "wiki.local", 443, "192.168.3.3", True),
    ],
)
def test_what_the_operator_allows(allowed: str, host: str, port: int, address: str, passes: bool) -> None:
    hosts = AllowedHosts.parse(allowed)
    if passes:
        check(host, port, address, hosts)
    else:
        with pytest.raises(PrivateAddressError):
            check(host, port, address, hosts)


@pytest.mark.parametrize("text", ["10.0.0.0/99", "host:port", ":80"])
def test_a_bad_list_names_the_part(text: str) -> None:
    with pytest.raises(ValueError, match=text.split("/")[0].replace(".", r"\.")):
        AllowedHosts.parse(text)
