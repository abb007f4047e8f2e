"""Webhook drift: whether the provider still posts the texts of our numbers to this installation.

Looked at every hour, and whenever a person asks; what was found is kept on the account's watch. Nothing is
changed at the provider here.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from channels_app import incidents
from channels_app.accounts import credentials, inbound_address, provider_of
from channels_app.calls import recorder
from channels_app.health import Drift
from channels_app.missed import watch_of
from channels_app.models import InboundUrl, ProviderAccount
from channels_app.models_health import AccountWatch
from channels_app.providers.base import Trouble
from channels_app.providers.number_setup import OwnNumber, SetsUpNumbers, set_up_of

EVERY = timedelta(hours=1)
MOST_NUMBERS = 20


def look(account: ProviderAccount, *, now: datetime) -> str:
    """Ask the provider about each number in use, and keep what differs; returns why it could not, or nothing.

    Outside any transaction. What was known stays when the provider does not answer.
    """
    provider = provider_of(account)
    if not isinstance(provider, SetsUpNumbers):
        return "This provider does not tell where its numbers post to."
    known = {
        _bare(inbound_address(url)) for url in InboundUrl.objects.filter(account=account, retired_at=None)
    }
    found = []
    for number in incidents.numbers_in_use(account)[:MOST_NUMBERS]:
        setter = set_up_of(provider, number.channel)
        if setter is None:
            continue
        try:
            own = setter.own_number(credentials(account), number.value, recorder(account, keep_answers=False))
        except Trouble as trouble:
            return trouble.check.text
        if drift := compare(number.value, own, known):
            found.append(drift)
    watch = watch_of(account, now=now)
    watch.drift, watch.drift_checked_at = [asdict(drift) for drift in found], now
    watch.save(update_fields=["drift", "drift_checked_at"])
    return ""


def compare(value: str, own: OwnNumber | None, known: set[str]) -> Drift | None:
    """How a number differs from what it should be, the worst alone; None when it does not."""
    expected = "the inbound URL of its account"
    if own is None:
        return Drift(value, None, expected)
    if own.standing is not None and own.standing.level == "error":
        return Drift(value, "", expected, offline=own.standing.text)
    if not own.is_told:
        return None
    if own.pool is not None and not own.pool.defers_to_number:
        present, where = own.pool.url, f"the Messaging Service {own.pool.name}, which posts to "
    elif own.webhook.application:
        return Drift(value, "a TwiML app", expected)
    else:
        present, where = own.webhook.url, ""
    return None if _bare(present) in known else Drift(value, where + _told(present), expected)


def _bare(url: str) -> str:
    """Without what is never part of the request: the fragment; and without the last slash."""
    return url.partition("#")[0].rstrip("/")


def _told(url: str) -> str:
    """Scheme and host only: a path may hold a token, ours or somebody else's."""
    if not url:
        return "nowhere"
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}/…"


def look_at_one() -> bool:
    """Look for one account whose turn it is; False when it is nobody's."""
    now = timezone.now()
    for account in incidents.accounts_in_use():
        if not isinstance(provider_of(account), SetsUpNumbers):
            continue
        due = AccountWatch.objects.filter(pk=watch_of(account, now=now).pk, next_drift_check_at__lte=now)
        if due.update(next_drift_check_at=now + EVERY):
            look(account, now=now)
            return True
    return False
