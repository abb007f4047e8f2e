"""Fetching one file from where its provider keeps it: whom to ask, what may be visited, what it came to.

The first request goes to the provider's own hosts alone, with the account's credentials; they are dropped on
each way to another host. Whatever is visited must be public (looked at when connected) and speak https. In a
demo, or while developing, the provider is a simulator on this machine: its own port may be visited as well.
"""

import re
from functools import partial
from urllib.parse import SplitResult, urlsplit

import requests
from django.conf import settings

from channels_app.accounts import credentials, provider_of
from channels_app.calls import recorder
from channels_app.models import ProviderAccount
from channels_app.providers.media import MediaRequest, MediaSource
from omnichannel.lib import downloads
from omnichannel.lib.downloads import Downloaded, Limits
from omnichannel.lib.environment import LOOPBACK_HOSTS
from omnichannel.lib.http import is_public

PATIENCE_S = 20.0
MOST_REDIRECTS = 4
# A host as it stands in an address: all else (a backslash, a blank) is read differently by different readers.
AUTHORITY = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
# Twilio's own store answers 404 for a moment after the webhook: that is asked a few times.
GONE_AFTER = 4


class Refused(Exception):
    """It is not kept; the message says why, for people."""


class Failed(Exception):
    """It could not be fetched, and trying again by itself is pointless; a person may ask for it again."""


class Later(Exception):
    """It could not be fetched now."""


def fetch(account: ProviderAccount, url: str, *, largest: int, attempt: int) -> Downloaded:
    """The file at `url`; raises Refused, Failed or Later. Outside any transaction: it may take PATIENCE_S."""
    source = provider_of(account)
    if not isinstance(source, MediaSource):
        raise Failed(f"Files cannot be fetched from {source.words.name}.")
    request = source.media_request(credentials(account))
    simulator = _simulator(account)
    _check_first(url, request, simulator)
    limits = Limits(largest=largest, patience_s=PATIENCE_S, redirects=MOST_REDIRECTS)
    name = source.words.name
    try:
        for authorization in request.authorizations or ("",):
            answer = downloads.download(
                url,
                limits=limits,
                headers=partial(_headers, authorization, request.hosts),
                may_visit=partial(may_visit, simulator=simulator),
                record=recorder(account, keep_answers=False),
            )
            if answer.status != 401:
                break
    except downloads.NotAllowed as error:
        raise Refused(str(error)) from error
    except downloads.TooLarge as error:
        raise Refused(f"It is larger than {settings.MEDIA_LARGEST_MB} MB.") from error
    except requests.RequestException as error:
        raise Later(f"{name} could not be reached, or stopped answering.") from error
    return _taken(answer, name, attempt)


def _taken(answer: Downloaded, name: str, attempt: int) -> Downloaded:
    if answer.status == 200:
        return answer
    said = f"{name} answered {answer.status}"
    if answer.status in {404, 410}:
        gone = Failed(f"{said}: it does not have this file, or no longer.")
        raise gone if attempt >= GONE_AFTER else Later(str(gone))
    if answer.status in {401, 403}:
        raise Failed(f"{said}: it refused our credentials. Validate API Key, then fetch it again.")
    if answer.status == 429 or answer.status >= 500:
        raise Later(f"{said}.")
    raise Failed(f"{said}.")


# --- what may be visited --------------------------------------------------------------------------


def _simulator(account: ProviderAccount) -> int | None:
    """The port on this machine where a provider is played; None outside demos and development."""
    parts = urlsplit(account.base_url)
    is_played = (settings.DEMO or settings.DEBUG) and parts.hostname in LOOPBACK_HOSTS
    return (parts.port or 80) if is_played else None


def _check_first(url: str, request: MediaRequest, simulator: int | None) -> None:
    if not (_host_fits(url, request.hosts) and (may_visit(url, simulator) == "")):
        raise Refused("Its address is none of the provider's.")


def _headers(authorization: str, hosts: tuple[str, ...], hop: str) -> dict[str, str]:
    """Credentials for the provider's own hosts, and for no other."""
    return {"Authorization": authorization} if authorization and _host_fits(hop, hosts) else {}


def _host_fits(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether a URL leads to one of the hosts: host:port, or all below a leading dot at the usual port."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if not _is_plain(url, parts):
        return False
    usual = port in {None, 443 if parts.scheme == "https" else 80}
    written = host if usual else f"{host}:{port}"
    return any(written == each or (each.startswith(".") and written.endswith(each)) for each in hosts)


def may_visit(url: str, simulator: int | None) -> str:
    """Why a URL is not visited, for people; empty when it is. Names are looked at when connected."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "It leads to an address that cannot be read."
    if not host or not _is_plain(url, parts):
        return "It leads to an address that is not allowed."
    if simulator is not None and host in LOOPBACK_HOSTS and parts.scheme == "http" and port == simulator:
        return ""
    if host in LOOPBACK_HOSTS or (_is_ip(host) and not is_public(host)):
        return "It leads to an address that is not public."
    if parts.scheme != "https":
        return "It leads to an address without https."
    return "" if port in {None, 443} else "It leads to an unusual port."


def _is_plain(url: str, parts: SplitResult) -> bool:
    """Whether every reader finds the same host in it, whoever connects; no name or password goes before it.

    urllib3 ends a host at a backslash, urlsplit does not; urlsplit drops blanks that others keep.
    """
    is_as_written = url.lower().startswith(f"{parts.scheme}://{parts.netloc}".lower())
    return is_as_written and AUTHORITY.fullmatch(parts.netloc) is not None


def _is_ip(host: str) -> bool:
    """Whether a host is an address rather than a name; what only looks like one is resolved and looked at."""
    return ":" in host or host.replace(".", "").isdigit()
