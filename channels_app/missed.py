"""Fetch missed messages: the provider's own list of the last days, compared with what arrived.

What never arrived is stored as a receipt, as if its webhook had come, and takes the same way from there: the
same order per sender, the same constraint against twins, the same journal and Replay. So it does not matter
whether the webhook comes late, at the same moment, or never.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from channels_app import incidents, receipts
from channels_app.accounts import credentials, provider_of
from channels_app.calls import recorder
from channels_app.models import ProviderAccount
from channels_app.models_health import AccountWatch
from channels_app.models_receipts import InboundText, WebhookReceipt
from channels_app.providers.base import Inbound, NotUnderstood, Trouble, WireRequest
from channels_app.providers.inbound_list import Listed, can_list

FORM = "application/x-www-form-urlencoded"
EVERY = timedelta(minutes=10)
# A text that young may still be on its way to us.
GRACE = timedelta(minutes=2)
YOUNG = "Texts of the last two minutes are not compared yet."
NO_LIST = (
    "{provider} keeps no list of customers' texts, so none can be fetched: it posts each a few times, and "
    "that is all."
)
LOOKED_THROUGH = 2_000


@dataclass(frozen=True)
class Fetched:
    """What fetching came to. `problem` says why it did not come to its end; the counts hold until there."""

    days: int
    listed: int = 0
    missing: int = 0
    is_whole: bool = True
    problem: str = ""

    @property
    def sentence(self) -> str:
        """For people."""
        if self.problem and not self.listed:
            return self.problem
        span = "day" if self.days == 1 else f"{self.days} days"
        said = f"The provider lists {_texts(self.listed)} of the last {span}: "
        if not self.listed:
            said = f"The provider lists no texts of the last {span}."
        elif not self.missing:
            said += "all are here."
        else:
            was, taken = ("was", "is") if self.missing == 1 else ("were", "are")
            here = self.listed - self.missing
            said += f"{here} here already, {self.missing} {was} missing and {taken} taken in now."
        if not self.is_whole:
            said += " There are more than are looked at: only the newest were compared."
        return f"{said} {YOUNG} {self.problem}".strip()


def _texts(count: int) -> str:
    return "1 text" if count == 1 else f"{count} texts"


def fetch(account: ProviderAccount, *, days: int | None = None, now: datetime) -> Fetched:
    """Ask the provider for each number of the account, and store what is missing. Outside any transaction.

    A provider that keeps no list is not asked; that is the problem then.
    """
    provider, span = provider_of(account), settings.FETCH_MISSED_DAYS if days is None else days
    if not can_list(provider):
        return Fetched(span, problem=NO_LIST.format(provider=provider.words.name))
    since = now - timedelta(days=span)
    listed, missing, is_whole, problem = 0, 0, True, ""
    arrived = _arrived(account, since)
    for value, channel in incidents.numbers_in_use(account).values_list("value", "channel"):
        try:
            found = provider.list_inbound(
                credentials(account), value, since, recorder(account, keep_answers=False), channel=channel
            )
        except Trouble as trouble:
            problem = trouble.check.text
            break
        ripe = [text for text in found.texts if text.at is None or text.at <= now - GRACE]
        listed, is_whole = listed + len(ripe), is_whole and found.is_whole
        missing += sum(_store(account, text) for text in _unknown(account, ripe, arrived))
    result = Fetched(span, listed, missing, is_whole, problem)
    _keep(account, result, now=now)
    return result


def _arrived(account: ProviderAccount, since: datetime) -> set[str]:
    """Ids of texts whose webhooks are here but not taken in yet: they wait, or have failed."""
    provider, ours = provider_of(account), credentials(account)
    waiting = WebhookReceipt.objects.filter(account=account, received_at__gte=since)
    rows = waiting.filter(state=WebhookReceipt.State.RECEIVED).order_by("id")[:LOOKED_THROUGH]
    failed = waiting.filter(state=WebhookReceipt.State.FAILED).order_by("-id")[:LOOKED_THROUGH]
    ids = set()
    for receipt in [*rows, *failed]:
        if receipt.external_id:
            ids.add(receipt.external_id)
            continue
        query = receipt.path.partition("?")[2]
        body = bytes(receipt.body)
        wire = WireRequest(receipt.method, (), query, receipt.content_type, receipt.headers, body)
        try:
            what = provider.classify(wire, ours)
        except NotUnderstood:
            continue
        if isinstance(what, Inbound):
            ids.add(what.external_id)
    return ids


def _unknown(account: ProviderAccount, texts: Iterable[Listed], arrived: set[str]) -> list[Listed]:
    ids = [text.external_id for text in texts]
    known = InboundText.objects.filter(provider=account.provider, external_id__in=ids)
    here = arrived | set(known.values_list("external_id", flat=True))
    return [text for text in texts if text.external_id not in here]


def _store(account: ProviderAccount, text: Listed) -> bool:
    form = urlencode(text.form)
    wire = WireRequest(receipts.FETCHED, (), "", FORM, {}, form.encode())
    return receipts.store(
        account_id=account.pk,
        raw=receipts.Raw(
            method=receipts.FETCHED,
            path=f"/{text.external_id}",
            content_type=FORM,
            headers={},
            body=wire.body,
            sequence_key=provider_of(account).sequence_key(wire),
        ),
    )


def _keep(account: ProviderAccount, result: Fetched, *, now: datetime) -> None:
    watch = watch_of(account, now=now)
    watch.fetch_result = result.sentence[:300]
    if not result.problem:
        watch.fetched_at = now
    watch.next_fetch_at = now + EVERY
    watch.save(update_fields=["fetch_result", "fetched_at", "next_fetch_at"])


# --- by the clock ---------------------------------------------------------------------------------


def watch_of(account: ProviderAccount, *, now: datetime) -> AccountWatch:
    """The account's watch, made when it is new: a new account has missed nothing yet."""
    later = now + EVERY
    return AccountWatch.objects.get_or_create(
        account=account, defaults={"next_fetch_at": later, "next_drift_check_at": later}
    )[0]


def claim_due(*, now: datetime) -> ProviderAccount | None:
    """An account whose turn it is; the next turn is set at once, so that one worker asks."""
    for account in incidents.accounts_in_use():
        if not can_list(provider_of(account)):
            continue
        watch = watch_of(account, now=now)
        due = AccountWatch.objects.filter(pk=watch.pk, next_fetch_at__lte=now)
        if due.update(next_fetch_at=now + EVERY):
            return account
    return None


def fetch_one() -> bool:
    """Fetch for one account whose turn it is; False when it is nobody's."""
    account = claim_due(now=timezone.now())
    if account is None:
        return False
    fetch(account, now=timezone.now())
    return True
