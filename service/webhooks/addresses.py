"""Which addresses may be posted to: public ones, unless the operator allows others.

Names are looked up here, every address is checked, and the connection goes to one that was checked: what the name
says a moment later does not matter.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses that stand for IPv4 ones: their last 32 bits."""
NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")


class AddressRefused(Exception):
    """The name leads to where no post may go."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(
            f"{host} leads to {address}, which is not a public address. "
            "If that is meant, the operator allows it with DIGSITE_WEBHOOK_ALLOW_PRIVATE."
        )
        self.host, self.address = host, address


async def addresses_of(host: str, port: int, *, allow_private: bool) -> list[Address]:
    """The addresses of a host, in the order in which to try them. Raises AddressRefused, OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(where[0]).split("%", maxsplit=1)[0]) for *_, where in found]
    for address in addresses:
        if not allow_private and not is_public(address):
            raise AddressRefused(host, str(address))
    return list(dict.fromkeys(addresses))


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could be meant, and nobody near this server."""
    if isinstance(address, IPv6Address):
        inner = _ipv4_within(address)
        if inner is not None:
            return is_public(inner)
        if address in NAT64_LOCAL:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _ipv4_within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to in the end, if it does."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
