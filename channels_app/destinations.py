"""Whether a number's texts come to us: what the provider does with them, beside what we expect. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from channels_app.providers.number_setup import OwnNumber, Webhook

METHOD = "POST"


class State(StrEnum):
    """Where a number's texts go."""

    IN_PLACE = "in_place"
    OLDER_URL = "older_url"  # to another inbound URL of the account, most likely a replaced one
    WRONG_METHOD = "wrong_method"
    NO_FALLBACK = "no_fallback"
    ELSEWHERE = "elsewhere"
    NOT_SET = "not_set"
    APPLICATION = "application"  # something at the provider takes them before any URL
    NO_REPORTS = "no_reports"  # the address for reports is not ours
    BY_HAND = "by_hand"  # the provider lets nobody see or change it but a person
    POOL = "pool"  # a group of numbers takes them; only a person can change that
    GONE = "gone"  # the account does not have the number


# What we can mend by setting the number's own webhook.
FIXABLE = frozenset(State) - {State.IN_PLACE, State.POOL, State.GONE, State.BY_HAND}
# The texts arrive, though something is not as it should be.
ARRIVING = frozenset(
    {State.IN_PLACE, State.OLDER_URL, State.WRONG_METHOD, State.NO_FALLBACK, State.NO_REPORTS}
)
WORDS = {
    State.IN_PLACE: "In place",
    State.OLDER_URL: "Another URL of ours",
    State.WRONG_METHOD: "Wrong method",
    State.NO_FALLBACK: "No fallback URL",
    State.ELSEWHERE: "Points elsewhere",
    State.NOT_SET: "Not set",
    State.APPLICATION: "Taken by a TwiML app",
    State.NO_REPORTS: "No status URL",
    State.BY_HAND: "Set by hand",
    State.POOL: "Taken by a Messaging Service",
    State.GONE: "Not in this account",
}


@dataclass(frozen=True)
class Finding:
    """Where a number's texts go, and what that means."""

    state: State
    sentence: str

    @property
    def level(self) -> str:
        """ok, warn or bad."""
        if self.state is State.IN_PLACE:
            return "ok"
        return "warn" if self.state in ARRIVING | {State.BY_HAND} else "bad"

    @property
    def words(self) -> str:
        """The state as a word for people."""
        return WORDS[self.state]

    @property
    def is_fixable(self) -> bool:
        """Whether setting the number's webhook mends it."""
        return self.state in FIXABLE


def compare(number: OwnNumber, *, expected: str, older: Collection[str] = ()) -> Finding:
    """What becomes of a number's texts; `older` are inbound URLs of the account that still work."""
    if not number.is_told:
        said = number.standing.text if number.standing else "The provider does not tell where its texts go."
        return Finding(State.BY_HAND, said)
    if number.pool and not number.pool.defers_to_number:
        return _in_pool(number, expected, older)
    return _of_webhook(number.webhook, expected, older)


def _of_webhook(hook: Webhook, expected: str, older: Collection[str]) -> Finding:
    if hook.application:
        return Finding(State.APPLICATION, "A TwiML app at Twilio takes its texts, whatever its URLs say.")
    if not hook.url:
        return Finding(State.NOT_SET, "It has no inbound URL: its texts reach nobody.")
    if any(is_same(hook.url, url) for url in older):
        said = "It uses another inbound URL of this account: its texts arrive until that one is retired."
        return Finding(State.OLDER_URL, said)
    if not is_same(hook.url, expected):
        return Finding(State.ELSEWHERE, f"Its texts go to {host_of(hook.url)}, not here.")
    if hook.method != METHOD:
        return Finding(State.WRONG_METHOD, f"Its texts come by {hook.method}; expected is {METHOD}.")
    return _besides(hook, expected)


def _besides(hook: Webhook, expected: str) -> Finding:
    """Of a webhook that is ours: whether its other addresses are as well."""
    if not is_same(hook.fallback_url, expected):
        said = "Its fallback URL is not set" if not hook.fallback_url else "Its fallback URL leads elsewhere"
        return Finding(State.NO_FALLBACK, f"{said}: a text that fails once is not posted a second time.")
    if hook.status_url is not None and not is_same(hook.status_url, expected):
        said = "Its status callback URL is not ours: reports of texts that are sent elsewhere do not come."
        return Finding(State.NO_REPORTS, said)
    return Finding(State.IN_PLACE, "Its texts come here.")


def _in_pool(number: OwnNumber, expected: str, older: Collection[str]) -> Finding:
    pool = number.pool
    assert pool is not None
    if any(is_same(pool.url, url) for url in (expected, *older)):
        return Finding(State.IN_PLACE, f"Its texts come here through the Messaging Service “{pool.name}”.")
    goes = f"sends them to {host_of(pool.url)}" if pool.url else "drops them"
    return Finding(
        State.POOL,
        f"It is in the Messaging Service “{pool.name}”, which takes its texts and {goes}. At Twilio, open "
        f"Messaging > Services > {pool.name} > Integration and choose “Defer to sender’s webhook”, or paste "
        "the inbound URL there.",
    )


def is_same(url: str, expected: str) -> bool:
    """Whether two addresses lead to the same place: fragment, last slash and the case of the host aside."""
    return bool(url) and _plain(url) == _plain(expected)


def fragment_of(url: str) -> str:
    """The connection overrides of a webhook URL, with their #; empty when it has none."""
    _, hash_sign, fragment = url.partition("#")
    return hash_sign + fragment if fragment else ""


def host_of(url: str) -> str:
    """The host an address leads to, for people; the rest of it may hold secrets."""
    try:
        return urlsplit(url).hostname or url[:40]
    except ValueError:
        return "an address that cannot be read"


def without_password(url: str) -> str:
    """The address without user name and password."""
    head, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{head}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else url


def _plain(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = parts.netloc.lower()
    return urlunsplit((parts.scheme.lower(), host, parts.path.rstrip("/"), parts.query, ""))
