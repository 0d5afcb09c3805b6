"""Network addresses as they come with a request."""

from __future__ import annotations

import ipaddress

NETWORK = 64
"""Bits of an IPv6 address that are one household's or one phone's: it can have all the others."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_of(peer: str) -> Address | None:
    """The address of a peer, an IPv4 address as such also where it comes in IPv6's clothes; None for what is no address."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def place_of(peer: str) -> str:
    """What an address counts as: an IPv6 address is its network."""
    address = address_of(peer)
    if address is None:
        return peer[:45]
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, NETWORK), strict=False))
