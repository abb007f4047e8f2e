"""Where a request came from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The client's IP address; None when there is none (a socket, a command).

    X-Forwarded-For is believed only behind proxies of ours (TRUST_PROXY), and of it only what they appended
    themselves: the last PROXY_COUNT entries, of which the first names the client. All before them can be made
    up by the client.
    """
    told = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-settings.PROXY_COUNT :]
        told = entries[0].strip() or told
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return None


def network_of(address: str | None) -> str | None:
    """What counts as one origin: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    if address is None or ":" not in address:
        return address
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
