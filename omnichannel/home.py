"""What the administration's first page says: what wants a person, how texts flow, and what to set up next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.timesince import timesince

from agents.models import User
from channels_app import attention
from contacts import erasing
from omnichannel.health import SEEN_WITHIN
from omnichannel.models import WorkerHeartbeat
from routing.models import Channel

LOOKED_BACK = timedelta(days=7)
SAID = 2
ASK = "Tell an administrator, who can mend it."
WITHIN = "in the last 7 days"
LANES = {
    "desk": "takes in what comes and shows it",
    "sending": "sends texts",
    "background": "imports and erases",
}


@dataclass(frozen=True)
class Item:
    """One thing that wants a person. `level` is bad or warn; the link opens exactly what was counted.

    `permission` is needed for what is advised.
    """

    level: str
    count: int
    words: str
    advice: str
    url: str
    link: str
    permission: str = ""

    def told(self, user: User | AnonymousUser) -> "Item":
        """For who may not do what is advised, whom to tell."""
        if not self.permission or user.has_perm(self.permission):
            return self
        return replace(self, advice=ASK)

    @property
    def shown_count(self) -> str:
        """The figure; nothing is counted beyond COUNTED_AT_MOST."""
        return (
            f"{attention.COUNTED_AT_MOST - 1}+"
            if self.count >= attention.COUNTED_AT_MOST
            else f"{self.count}"
        )


@dataclass(frozen=True)
class Figure:
    """One figure of the strip that says how texts flow."""

    name: str
    value: str
    level: str
    url: str


@dataclass(frozen=True)
class Home:
    """All of it, for one person."""

    items: list[Item] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    @property
    def is_clear(self) -> bool:
        """Whether nothing wants a person."""
        return not self.items


def home_for(user: User | AnonymousUser, *, now: datetime) -> Home:
    """What this person may see of it; about a dozen statements, however much there is."""
    items: list[Item] = []
    figures: list[Figure] = []
    for permission, source in SOURCES:
        for found in source(now) if user.has_perm(permission) else ():
            if isinstance(found, Item):
                items.append(found.told(user))
            else:
                figures.append(found)
    return Home(sorted(items, key=lambda item: item.level != "bad"), figures)


Found = Iterator[Item | Figure]


def _workers(now: datetime) -> Found:
    beats = WorkerHeartbeat.objects.filter(beat_at__gte=now - SEEN_WITHIN).values_list("lane", flat=True)
    missing = [lane for lane in settings.LANES if lane not in set(beats)]
    url = reverse("admin:workers")
    for lane in missing:
        words = f"lane without a worker: nothing {LANES.get(lane, lane)}"
        advice = "Start manage.py qcluster on the server. What is due is kept, and taken when it runs."
        yield Item("bad", 1, words, advice, url, "Show workers")
    alive = len(settings.LANES) - len(missing)
    yield Figure("Lanes with a worker", f"{alive} of {len(settings.LANES)}", "bad" if missing else "ok", url)


def _receipts(now: datetime) -> Found:
    due = attention.receipts_due(now=now)
    waiting = _listed("channels_app_webhookreceipt", state__exact="received")
    is_late = due.is_late(now=now, after=attention.RECEIPT_LATE_AFTER)
    if is_late:
        words = (
            f"{_s(due.count, 'webhook waits', 'webhooks wait')} to be taken, the oldest for {_age(due, now)}"
        )
        advice = "Texts reach the desk late. Check that the workers run and keep up."
        yield Item("bad", due.count, words, advice, waiting, "Show waiting webhooks")
    yield _backlog_figure("Webhooks waiting", due, now, is_late=is_late, url=waiting)
    if count := attention.failed_receipts():
        words = f"{_s(count, 'webhook', 'webhooks')} could not be understood"
        advice = "Open one, read the reason, mend its cause, then replay. No text is lost meanwhile."
        url = _listed("channels_app_webhookreceipt", state__exact="failed")
        yield Item("bad", count, words, advice, url, "Show failed webhooks")


DELIVERY_WORDS = {
    "failed": ("bad", "was not accepted", "were not accepted", "The reason stands beside each text."),
    "undelivered": ("warn", "did not arrive", "did not arrive", "Often the phone is off; it may work later."),
    "unknown": (
        "warn",
        "may or may not have been sent",
        "may or may not have been sent",
        "Nothing is sent twice by itself: the agent decides beside the text.",
    ),
}


def _deliveries(now: datetime) -> Found:
    due = attention.deliveries_due(now=now)
    pending = _listed("channels_app_delivery", state__exact="pending")
    is_late = due.is_late(now=now, after=attention.DELIVERY_LATE_AFTER)
    if is_late:
        words = f"{_s(due.count, 'text waits', 'texts wait')} to leave, the oldest for {_age(due, now)}"
        advice = "Each number sends at its own pace. If this grows, check workers and provider."
        yield Item("warn", due.count, words, advice, pending, "Show waiting deliveries")
    yield _backlog_figure("Texts waiting to leave", due, now, is_late=is_late, url=pending)
    since = _since(now)
    for state, count in attention.failed_deliveries(since=since).items():
        if count:
            level, one, several, advice = DELIVERY_WORDS[state]
            words = f"{_s(count, 'text', 'texts')} {one if count == 1 else several} {WITHIN}"
            url = _listed("channels_app_delivery", state__exact=state, created_at__gte=since.isoformat())
            yield Item(level, count, words, advice, url, f"Show {state} deliveries")


# Kind -> level, what is told of a channel's connections, and what to do.
SETTINGS_WORDS = {
    attention.VALIDATION_FAILED: ("bad", "failed the last {validate}", ""),
    attention.NUMBER_MISSING: ("warn", "without {a_number}: nobody can text {here}", "{add_number}"),
    attention.VALIDATION_WARNED: ("warn", "validated with a warning", ""),
    attention.NEVER_VALIDATED: (
        "warn",
        "never validated",
        "Select {validate}, to know now and not at the first text.",
    ),
}
# What a channel's connections and their parts are called, for the words above.
CONNECTIONS = {
    Channel.SMS: {
        "one": "SMS Settings",
        "several": "SMS Settings",
        "model": "smssettings",
        "validate": "Validate API Key",
        "a_number": "an SMS number",
        "here": "this work stream",
        "add_number": "Open the work stream and select New SMS Number.",
    },
    Channel.WHATSAPP: {
        "one": "WhatsApp account",
        "several": "WhatsApp accounts",
        "model": "whatsappaccount",
        "validate": "Validate",
        "a_number": "a number",
        "here": "this account",
        "add_number": "Open the account and select Add new WhatsApp number.",
    },
}


def _sms_settings(now: datetime) -> Found:
    return _connections(Channel.SMS)


def _whatsapp_accounts(now: datetime) -> Found:
    return _connections(Channel.WHATSAPP)


def _connections(channel: Channel) -> Found:
    counts, called = attention.settings_in_trouble(channel), CONNECTIONS[channel]
    for kind, (level, words, advice) in SETTINGS_WORDS.items():
        if count := counts[kind]:
            said = f"{_s(count, called['one'], called['several'])} {words.format(**called)}"
            advice = advice.format(**called)
            if kind in {attention.VALIDATION_FAILED, attention.VALIDATION_WARNED}:
                advice = _sentences(attention.validations_said(kind, channel))
            url = _listed(f"channels_app_{called['model']}", trouble=kind)
            item = Item(level, count, said, advice, url, f"Show these {called['several']}")
            yield replace(item, permission=f"channels_app.change_{called['model']}")


def _incidents(now: datetime) -> Found:
    kinds = attention.open_incidents()
    if count := kinds.total():
        words = f"{_s(count, 'incident is', 'incidents are')} open: {', '.join(kinds)}"
        advice = "Each names its next step, and ends by itself when the trouble is over."
        yield Item(
            "bad", count, words, advice, _listed("channels_app_incident", state="open"), "Show incidents"
        )


def _refusals(now: datetime) -> Found:
    since = _since(now)
    if count := attention.refusals(since=since):
        words = f"{_s(count, 'webhook was', 'webhooks were')} refused {WITHIN}"
        advice = "The signature did not fit: compare the address we expected and the secret that is stored."
        url = _listed("channels_app_refusal", at__gte=since.isoformat())
        yield Item("warn", count, words, advice, url, "Show refusals")


def _unrouted(now: datetime) -> Found:
    since = _since(now)
    reasons = attention.unrouted_texts(since=since)
    if count := reasons.total():
        words = f"{_s(count, 'text', 'texts')} reached no conversation {WITHIN}"
        why = _sentences([reason for reason, _ in reasons.most_common() if reason])
        advice = f"{why} Once that is mended, new texts are routed; these are kept.".strip()
        url = _listed(
            "channels_app_inboundtext", disposition__exact="unrouted", received_at__gte=since.isoformat()
        )
        yield Item("warn", count, words, advice, url, "Show unrouted texts")


def _erasures(now: datetime) -> Found:
    if count := len(erasing.stuck().values_list("pk")[: attention.COUNTED_AT_MOST]):
        words = f"{_s(count, 'erasure does', 'erasures do')} not go on: somebody is not forgotten yet"
        advice = (
            "Each is tried again by itself. The server's log names its certificate and says why it fails."
        )
        url = f"{reverse('admin:customer-erasures')}?stuck=1"
        yield Item("bad", count, words, advice, url, "Show these erasures")


# Who may see it (a permission), and what it says. In the order in which troubles are looked for.
SOURCES: tuple[tuple[str, Callable[[datetime], Found]], ...] = (
    ("channels_app.view_webhookreceipt", _workers),
    ("channels_app.view_incident", _incidents),
    ("channels_app.view_smssettings", _sms_settings),
    ("channels_app.view_whatsappaccount", _whatsapp_accounts),
    ("channels_app.view_webhookreceipt", _receipts),
    ("channels_app.view_delivery", _deliveries),
    ("channels_app.view_inboundtext", _unrouted),
    ("channels_app.view_refusal", _refusals),
    ("contacts.add_erasure", _erasures),
)


def _sentences(found: list[str]) -> str:
    more = f" And {len(found) - SAID} more." if len(found) > SAID else ""
    return " ".join(found[:SAID]) + more


def _since(now: datetime) -> datetime:
    # A whole minute in UTC, so that the link says the same moment as the count.
    return (now - LOOKED_BACK).astimezone(UTC).replace(second=0, microsecond=0)


def _listed(name: str, **filters: Any) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(filters)}"


def _s(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def _age(backlog: attention.Backlog, now: datetime) -> str:
    return timesince(backlog.oldest_at, now, depth=1) if backlog.oldest_at else ""


def _backlog_figure(
    name: str, backlog: attention.Backlog, now: datetime, *, is_late: bool, url: str
) -> Figure:
    count = "99+" if backlog.count >= attention.COUNTED_AT_MOST else str(backlog.count)
    return Figure(name, count, "bad" if is_late else "ok", url)
