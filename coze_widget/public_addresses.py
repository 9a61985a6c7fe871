"""Which IP addresses are of the public internet, so that a stranger may name them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Tell it of the one that it stands for, too: some IPv6 addresses hold an IPv4 one.

    Raises ValueError for what is no address.
    """
    ip = _unwrap(ip_address(address.partition("%")[0]))
    if isinstance(ip, IPv6Address):
        is_relayed = ip.sixtofour is not None or ip.teredo is not None
        return ip.is_global and ip in _GLOBAL_UNICAST and not is_relayed
    return ip.is_global and not ip.is_multicast


def _unwrap(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip
