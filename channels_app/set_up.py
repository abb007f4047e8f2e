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
from channels_app.accounts import Connection, credentials, inbound_address, provider_of
from channels_app.calls import recorder
from channels_app.destinations import Finding
from channels_app.models import InboundUrl, Number, ProviderAccount, SmsSettings
from channels_app.models_health import AccountWatch
from channels_app.models_whatsapp import WhatsAppAccount
from channels_app.providers.base import Check, Trouble, Validity
from channels_app.providers.number_setup import NumberSetUp, OwnNumber, Webhook, set_up_of
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
    # Who claims it here: its work stream, for WhatsApp with its account.
    holder: str = ""
    expected: str = ""
    finding: Finding | None = None


@dataclass(frozen=True)
class Changed:
    """A webhook that was set: as it was, and as it is now."""

    number: Number
    before: Webhook
    after: Webhook


def can_set_up(account: ProviderAccount, channel: str) -> bool:
    """Whether the provider lets us look at the account's numbers of a channel and change their webhooks."""
    return set_up_of(provider_of(account), channel) is not None


def setter_of(account: ProviderAccount, channel: str) -> NumberSetUp:
    """The part of the provider that tells and sets webhooks; raises Trouble when it has none."""
    found = set_up_of(provider_of(account), channel)
    if found is None:
        raise Trouble(BY_HAND)
    return found


def channel_of(connection: Connection) -> str:
    """The channel whose numbers a connection has."""
    return Channel.WHATSAPP if isinstance(connection, WhatsAppAccount) else Channel.SMS


def own_numbers(account: ProviderAccount, channel: str) -> list[OwnNumber]:
    """The account's own numbers of a channel, as the provider tells them now. Raises Trouble."""
    setter = setter_of(account, channel)
    return setter.own_numbers(credentials(account), recorder(account, keep_answers=False))


def look(account: ProviderAccount, channel: str) -> list[Row]:
    """Every number of the account at the provider and of ours on it, compared; ours are noted."""
    listed = {one.value: one for one in own_numbers(account, channel)}
    ours = {number.value: number for number in claimed(account, channel)}
    older = working_addresses(account)
    rows = []
    for value in [*listed, *(value for value in ours if value not in listed)]:
        present = listed.get(value)
        if present is None and value in ours:
            # Some are told only when they are asked for.
            present = _asked(ours[value])
        row = _row(value, channel, present, ours.get(value), older)
        if row.number is not None:
            _note_seen(row)
        rows.append(row)
    return rows


def claimed(account: ProviderAccount, channel: str) -> QuerySet[Number]:
    """The account's numbers of a channel that somebody claims, with what is needed to compare them."""
    found = Number.objects.filter(account=account, channel=channel, deleted_at=None).order_by("value")
    if channel == Channel.WHATSAPP:
        return found.filter(whatsapp_number__isnull=False).select_related(
            "account", "whatsapp_number__work_stream", "whatsapp_number__whatsapp_account__inbound_url"
        )
    return found.filter(sms_number__work_stream__deleted_at=None, sms_number__isnull=False).select_related(
        "account", "sms_number__work_stream__sms_settings__inbound_url"
    )


def working_addresses(account: ProviderAccount) -> list[str]:
    """Every inbound URL of the account that is not retired."""
    urls = InboundUrl.objects.filter(account=account, retired_at=None).order_by("id")
    return [inbound_address(url) for url in urls]


def connection_of(number: Number) -> Connection:
    """Whose inbound URL a claimed number's texts should go to."""
    if number.channel == Channel.WHATSAPP:
        return number.whatsapp_number.whatsapp_account
    return number.sms_number.work_stream.sms_settings


def expected_address(number: Number) -> str:
    """Where a claimed number's texts should go."""
    return inbound_address(connection_of(number).inbound_url)


def holder_of(number: Number) -> str:
    """Who claims a number, by name."""
    if number.channel == Channel.WHATSAPP:
        return str(number.whatsapp_number.whatsapp_account)
    return str(number.sms_number.work_stream)


def _holder_elsewhere(value: str, channel: str) -> str:
    found = Number.objects.filter(value=value, channel=channel, deleted_at=None)
    if channel == Channel.WHATSAPP:
        other = found.filter(whatsapp_number__isnull=False).first()
    else:
        other = found.filter(sms_number__isnull=False, sms_number__work_stream__deleted_at=None).first()
    return holder_of(other) if other else ""


def _row(
    value: str, channel: str, present: OwnNumber | None, number: Number | None, working: Iterable[str]
) -> Row:
    if number is None:
        return Row(value, present, None, _holder_elsewhere(value, channel))
    expected = expected_address(number)
    if present is None:
        finding = Finding(destinations.State.GONE, "This account at the provider does not have the number.")
    else:
        older = [url for url in working if not destinations.is_same(url, expected)]
        finding = destinations.compare(present, expected=expected, older=older)
    return Row(value, present, number, holder_of(number), expected, finding)


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
    reports = None if present.webhook.status_url is None else expected
    changed = _set(number, present, Webhook(url, destinations.METHOD, expected, status_url=reports))
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


def _asked(number: Number) -> OwnNumber | None:
    setter = setter_of(number.account, number.channel)
    record = recorder(number.account, keep_answers=False)
    return setter.own_number(credentials(number.account), number.value, record)


def _at_provider(number: Number) -> OwnNumber:
    present = _asked(number)
    if present is None:
        name = provider_of(number.account).words.name
        said = f"The number {number.value} does not belong to this {name} account."
        raise Trouble(Check("error", said, Validity.NOT_IN_ACCOUNT, number.value))
    return present


def _set(number: Number, present: OwnNumber, webhook: Webhook) -> Changed:
    account = number.account
    after = setter_of(account, number.channel).set_webhook(
        credentials(account), present, webhook, recorder(account, keep_answers=False)
    )
    working = working_addresses(account)
    _note_seen(_row(number.value, number.channel, replace(after, pool=present.pool), number, working))
    # Channel health looks soon, and ends its incident.
    AccountWatch.objects.filter(account=account).update(next_drift_check_at=timezone.now())
    return Changed(number, present.webhook, after.webhook)


def _remember(number: Number, before: Webhook) -> None:
    number.webhook_before = Secret(json.dumps(asdict(before)))
    number.save(update_fields=["webhook_before"])


def number_of(sms_settings: SmsSettings) -> Number | None:
    """The number of a work stream, as the functions above take it."""
    found = claimed(sms_settings.account, Channel.SMS)
    return found.filter(sms_number__work_stream=sms_settings.work_stream_id).first()


def numbers_of(connection: Connection) -> QuerySet[Number]:
    """The claimed numbers whose texts a connection's inbound URL should get."""
    found = claimed(connection.account, channel_of(connection))
    if isinstance(connection, WhatsAppAccount):
        return found.filter(whatsapp_number__whatsapp_account=connection)
    return found.filter(sms_number__work_stream=connection.work_stream_id)
