"""The address by which a visitor is counted, as far as this server can know it.

X-Forwarded-For begins with whatever the client wrote; only the entries at its end, one by
each proxy, can be believed. So exactly as many are as the settings trust.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.http import HttpRequest

from coze_widget.conf import conf

logger = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address

# What a household or a phone is given; within it each request may have another address.
IPV6_PREFIX_LENGTH = 64
_IN_BRACKETS = re.compile(r"\[([^\]]*)\](?::\d+)?")


def client_address(request: HttpRequest) -> str:
    """Return an IPv4 address or an IPv6 network, or "" where the visitor's is not seen.

    That is so at a Unix socket, on the visitor's own machine, and where a peer with a
    private address is all that is known.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    address = _find_address(peer, forwarded)
    if address is None or address.is_loopback:
        if forwarded or not _is_this_machine(peer):
            _say_unseen()
        return ""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), IPV6_PREFIX_LENGTH), strict=False))
    return str(address)


def forget() -> None:
    """Begin anew, as a new process does."""
    _say_unseen.cache_clear()


def _find_address(peer: str, forwarded: str) -> Address | None:
    proxies_count = _trusted_proxies_count()
    named = _from_the_right(forwarded, proxies_count) if proxies_count else ""
    return _read(named) or _read_visiting(peer)


def _read_visiting(peer: str) -> Address | None:
    """Return the peer's address unless it may be that of a whole site's visitors.

    A private one is a proxy's that nobody has counted, or a container's gateway, more often
    than a person's; counted, one visitor would use up what all the others may. A header
    makes no difference: whoever is counted would send one, and be free.
    """
    address = _read(peer)
    return address if address is not None and address.is_global else None


def _is_this_machine(peer: str) -> bool:
    address = _read(peer)
    return address is not None and address.is_loopback


def _trusted_proxies_count() -> int:
    count: object = conf.trusted_proxies_count
    return count if isinstance(count, int) and count > 0 else 0


def _from_the_right(forwarded: str, place: int) -> str:
    """Return the entry at this place; "" from a list that never came through so many."""
    entries = forwarded.split(",")
    return entries[-place] if place <= len(entries) else ""


def _read(text: str) -> Address | None:
    """Return the address in an entry, which may have a port, None if there is none."""
    host = text.strip()
    if bracketed := _IN_BRACKETS.fullmatch(host):
        host = bracketed[1]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    # How a server that listens on IPv6 sees IPv4.
    return getattr(address, "ipv4_mapped", None) or address


@cache
def _say_unseen() -> None:
    """Once in each process: it does not change from request to request."""
    logger.warning(
        "Visitors' addresses are not seen, so no limit counts them: let "
        "COZE_TRUSTED_PROXIES_COUNT say how many proxies add to X-Forwarded-For."
    )
