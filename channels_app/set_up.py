"""Setting a number up at its provider: what the account has, where its texts go, and changing that.

Everything here waits for the network and is called outside any transaction; only what was found or changed is
written, each in a statement of its own.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from django.db.models import QuerySet
from django.utils import timezone

from channels_app import destinations
from channels_app.accounts import credentials, inbound_address, provider_of
from channels_app.calls import recorder
from channels_app.destinations import Finding
from channels_app.models import AccountWatch, InboundUrl, Number, ProviderAccount, SmsSettings
from channels_app.providers.base import Check, Trouble, Validity
from channels_app.providers.number_setup import NumberSetUp, OwnNumber, Webhook, can_set_up
from omnichannel.lib.crypto import Secret
from routing.models import Channel

BY_HAND = Check("error", "This provider is set up by hand: paste the inbound URL there.", Validity.REFUSED)


@dataclass(frozen=True)
class Row:
    """A number: as the provider has it, who claims it here, and where its texts go beside where they should.

    `present` is None when the account does not have a number of ours; `expected` is empty and `finding` None
    for a number of the account that nobody uses here.
    """

    value: str
    present: OwnNumber | None
    number: Number | None
    work_stream: str = ""
    expected: str = ""
    finding: Finding | None = None


@dataclass(frozen=True)
class Changed:
    """A webhook that was set: as it was, and as it is now."""

    number: Number
    before: Webhook
    after: Webhook


def setter_of(account: ProviderAccount) -> NumberSetUp:
    """The part of the provider that tells and sets webhooks; raises Trouble when it has none."""
    provider = provider_of(account)
    if not can_set_up(provider):
        raise Trouble(BY_HAND)
    return provider


def own_numbers(account: ProviderAccount) -> list[OwnNumber]:
    """The account's own numbers, as the provider tells them now. Raises Trouble."""
    return setter_of(account).own_numbers(credentials(account), recorder(account, keep_answers=False))


def look(account: ProviderAccount) -> list[Row]:
    """Every number of the account at the provider and of ours on it, compared; ours are noted."""
    listed = {one.value: one for one in own_numbers(account)}
    ours = {number.value: number for number in claimed(account)}
    older = working_addresses(account)
    rows = []
    for value in [*listed, *(value for value in ours if value not in listed)]:
        row = _row(value, listed.get(value), ours.get(value), older)
        if row.number is not None:
            _note_seen(row)
        rows.append(row)
    return rows


def claimed(account: ProviderAccount) -> QuerySet[Number]:
    """The account's numbers that belong to work streams in use, with what is needed to compare them."""
    return (
        Number.objects.filter(account=account, channel=Channel.SMS, deleted_at=None)
        .filter(sms_number__work_stream__deleted_at=None, sms_number__isnull=False)
        .select_related("account", "sms_number__work_stream__sms_settings__inbound_url")
        .order_by("value")
    )


def working_addresses(account: ProviderAccount) -> list[str]:
    """Every inbound URL of the account that is not retired."""
    urls = InboundUrl.objects.filter(account=account, retired_at=None).order_by("id")
    return [inbound_address(url) for url in urls]


def expected_address(number: Number) -> str:
    """Where a number's texts should go: the inbound URL of its work stream's SMS settings."""
    return inbound_address(number.sms_number.work_stream.sms_settings.inbound_url)


def _row(value: str, present: OwnNumber | None, number: Number | None, working: Iterable[str]) -> Row:
    if number is None:
        holder = Number.objects.filter(
            value=value, channel=Channel.SMS, sms_number__work_stream__deleted_at=None
        ).select_related("sms_number__work_stream")
        other = holder.filter(sms_number__isnull=False).first()
        return Row(value, present, None, other.sms_number.work_stream.name if other else "")
    expected = expected_address(number)
    if present is None:
        finding = Finding(destinations.State.GONE, "This account at the provider does not have the number.")
    else:
        older = [url for url in working if not destinations.is_same(url, expected)]
        finding = destinations.compare(present, expected=expected, older=older)
    return Row(value, present, number, number.sms_number.work_stream.name, expected, finding)


def _note_seen(row: Row) -> None:
    """Keep what was seen, without passwords, so that pages can tell it without asking again."""
    assert row.number is not None
    assert row.finding is not None
    hook = row.present.webhook if row.present else Webhook()
    row.number.webhook_seen_at = timezone.now()
    row.number.webhook_seen = {
        "url": destinations.without_password(hook.url),
        "method": hook.method,
        "fallback_url": destinations.without_password(hook.fallback_url),
        "state": row.finding.state.value,
        "sentence": row.finding.sentence,
    }
    row.number.save(update_fields=["webhook_seen", "webhook_seen_at"])


def finding_of(number: Number) -> Finding | None:
    """What was seen last of a number, None when nobody looked yet."""
    seen = number.webhook_seen
    return Finding(destinations.State(seen["state"]), seen["sentence"]) if seen else None


# --- changing it ----------------------------------------------------------------------------------


def set_inbound_url(number: Number) -> Changed:
    """Have the provider post a number's texts to its inbound URL, by POST, and to it again when that fails.

    What was set before is kept, to be put back. Connection overrides on our URL stay.
    Raises Trouble.
    """
    present = _at_provider(number)
    expected = expected_address(number)
    older = working_addresses(number.account)
    url = expected
    if any(destinations.is_same(present.webhook.url, known) for known in older):
        url += destinations.fragment_of(present.webhook.url)
    changed = _set(number, present, Webhook(url, destinations.METHOD, expected))
    if changed.before != changed.after:
        _remember(number, changed.before)
    return changed


def put_back(number: Number) -> Changed:
    """Set what was there before we changed it. Raises Trouble, also when nothing is kept."""
    kept = before_of(number)
    if kept is None:
        raise Trouble(Check("error", "Nothing is kept that could be put back.", Validity.REFUSED))
    changed = _set(number, _at_provider(number), kept)
    number.webhook_before = Secret("")
    number.save(update_fields=["webhook_before"])
    return changed


def before_of(number: Number) -> Webhook | None:
    """What a number's webhook was before we set it, None when we did not."""
    kept = number.webhook_before.reveal()
    return Webhook(**json.loads(kept)) if kept else None


def _at_provider(number: Number) -> OwnNumber:
    account = number.account
    present = setter_of(account).own_number(
        credentials(account), number.value, recorder(account, keep_answers=False)
    )
    if present is None:
        said = f"The number {number.value} does not belong to this Twilio account."
        raise Trouble(Check("error", said, Validity.NOT_IN_ACCOUNT, number.value))
    return present


def _set(number: Number, present: OwnNumber, webhook: Webhook) -> Changed:
    account = number.account
    after = setter_of(account).set_webhook(
        credentials(account), present, webhook, recorder(account, keep_answers=False)
    )
    working = working_addresses(account)
    _note_seen(_row(number.value, replace(after, pool=present.pool), number, working))
    # Channel health looks soon, and ends its incident.
    AccountWatch.objects.filter(account=account).update(next_drift_check_at=timezone.now())
    return Changed(number, present.webhook, after.webhook)


def _remember(number: Number, before: Webhook) -> None:
    number.webhook_before = Secret(json.dumps(asdict(before)))
    number.save(update_fields=["webhook_before"])


def number_of(sms_settings: SmsSettings) -> Number | None:
    """The number of a work stream, as the functions above take it."""
    return claimed(sms_settings.account).filter(sms_number__work_stream=sms_settings.work_stream_id).first()
