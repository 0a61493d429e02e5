"""The private-network guard: which addresses may be connected to.

A feed or a page can name any address, also one inside the operator's own network. The guard looks at the address
that is really connected to, after the name was resolved and on every redirect, so that neither a redirect nor a name
server that changes its answer gets around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

_NAT64 = ip_network("64:ff9b::/96")
_UNICAST6 = ip_network("2000::/3")
"""All that has been handed out of IPv6 for use across the internet (IANA's registry of global unicast space)."""
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        # What Python's own tables hold as private differs from release to release; these are said here once for all.
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",  # the host's own services on Azure, although the range is public
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is Oracle's metadata service
        "192.88.99.0/24",  # 6to4 relays, given up
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",  # protocol assignments, Teredo among them
        "2002::/16",  # 6to4, given up; whatever IPv4 address is wrapped
        "2001:db8::/32",
        "3fff::/20",
    )
)


class PrivateAddressError(Exception):
    """The address is not on the public internet and was not allowed."""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """What the operator allows although it is private.

    Attributes:
        hosts: (name or address, port or None for every port).
        networks: address ranges.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> AllowedHosts:
        """Read a comma-separated list of host, host:port or CIDR.

        Raises:
            ValueError: a part is none of these; the message names it.
        """
        hosts: set[tuple[str, int | None]] = set()
        networks: list[IPv4Network | IPv6Network] = []
        for part in (piece.strip() for piece in text.split(",")):
            if not part:
                continue
            if "/" in part:
                try:
                    networks.append(ip_network(part, strict=False))
                except ValueError as error:
                    raise ValueError(f"{part!r} is not an address range such as 10.0.0.0/8") from error
                continue
            hosts.add(_host_and_port(part))
        return cls(frozenset(hosts), tuple(networks))

    def allows(self, host: str, port: int, address: IPv4Address | IPv6Address) -> bool:
        """Whether a connection to `address`, asked for as `host`:`port`, was allowed by name or by range."""
        names = {host.lower(), str(address)}
        return any((name, wanted) in self.hosts for name in names for wanted in (port, None)) or any(
            address in network for network in self.networks if network.version == address.version
        )


def _host_and_port(part: str) -> tuple[str, int | None]:
    bare = part.strip("[]") if part.endswith("]") else part
    try:
        return str(ip_address(bare)), None
    except ValueError:
        pass  # not a bare address: a name, or host:port
    host, colon, port = part.rpartition(":")
    if not colon:
        return part.lower(), None
    if not port.isdigit() or not host:
        raise ValueError(f"{part!r} is not a host, host:port or CIDR")
    return host.strip("[]").lower(), int(port)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is on the public internet.

    Addresses in which an IPv4 address is wrapped are judged by that one where they are still in use (mapped, NAT64
    under its well-known prefix), and are never public where they are not (6to4, Teredo, compatible, translated).
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST6 or _is_isatap(address):
            return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def _is_isatap(address: IPv6Address) -> bool:
    """Whether it is a tunnel's end inside a network (RFC 5214, section 6.1)."""
    return (int(address) >> 32) & 0xFDFFFFFF == 0x5EFE


def check(host: str, port: int, address: str, allowed: AllowedHosts) -> None:
    """Refuse an address that is not public and not allowed.

    Args:
        host: the name that was asked for.
        port: asked for with it.
        address: the numeric address that it stands for, a zone id allowed.
        allowed: what the operator allows all the same.

    Raises:
        PrivateAddressError: it is refused.
    """
    ip = ip_address(address.split("%", 1)[0])
    if not is_public(ip) and not allowed.allows(host, port, ip):
        raise PrivateAddressError(f"{host} is the private address {ip}")
