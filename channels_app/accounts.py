"""Provider accounts, their inbound URLs and numbers: the only place that writes them."""

import contextlib
import functools
import ipaddress
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from channels_app.models import (
    InboundUrl,
    Number,
    ProviderAccount,
    SmsNumber,
    SmsSettings,
    WebhookReceipt,
)
from channels_app.providers import REGISTRY
from channels_app.providers.base import Credentials, Provider
from omnichannel.lib.environment import LOOPBACK_HOSTS
from omnichannel.lib.http import is_public
from routing.channels import NotEnabled, check_enabled
from routing.models import Channel, WorkStream

P = ParamSpec("P")
R = TypeVar("R")
VALIDATION = ("last_validated_at", "last_validation_status", "last_validation_outcome")
EXPECTED_BASE_URL = "Enter scheme and host only, for example https://api.twilio.com."
# A last label that begins with a letter: 127.1 and 0x7f.1 are addresses of this machine in disguise.
PUBLIC_NAME = re.compile(r"([a-z0-9_-]+\.)+[a-z][a-z0-9-]*", re.IGNORECASE | re.ASCII)
PRIVATE_NAMES = (".localhost", ".local", ".localdomain", ".internal", ".lan", ".home.arpa")


def is_us_number(value: str) -> bool:
    """Whether a number of ours (digits) has the country code 1, which the documents support."""
    return value.startswith("1")


class Conflict(ValueError):
    """What is asked for contradicts what is there; the message names the records. Nothing was changed.

    `field` is the field of the form or of the API that has to change.
    """

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class OtherSecret(Conflict):
    """Another secret was given for a known account: it is replaced there, if it validates."""

    def __init__(self, account: ProviderAccount, *, field: str) -> None:
        self.account = account
        users = ", ".join(used_by(account)) or "no work stream now"
        super().__init__(
            f"Another token is stored for this account, which is used by {users}. Replace it on the provider "
            "account: it is kept only if it validates.",
            field=field,
        )


def told_as_conflict(field: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turn the constraint that decides a race between two savers into a Conflict at `field`."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except IntegrityError as error:
                raise Conflict("Somebody saved the same at this moment: look again.", field=field) from error

        return guarded

    return decorate


def credentials(account: ProviderAccount) -> Credentials:
    """What the account is reached with, in clear. Keep it nowhere."""
    return Credentials(
        external_id=account.external_id,
        secret=account.secret.reveal(),
        secondary_secret=account.secondary_secret.reveal(),
        base_url=account.base_url,
    )


def secrets_of(account: ProviderAccount) -> list[str]:
    """What must never be shown of an account: its tokens, and those in its inbound URLs."""
    tokens = account.inbound_urls.values_list("token", flat=True)
    return [account.secret.reveal(), account.secondary_secret.reveal(), *tokens]


def provider_of(account: ProviderAccount) -> Provider:
    """The provider's file."""
    return REGISTRY[account.provider]


def inbound_address(url: InboundUrl) -> str:
    """The absolute inbound URL, as it is pasted at the provider."""
    return f"{settings.PUBLIC_BASE_URL}/hooks/{url.token}/"


def _check_enabled() -> None:
    try:
        check_enabled(Channel.SMS)
    except NotEnabled as error:
        raise Conflict(str(error), field="work_stream") from error


# --- SMS settings ---------------------------------------------------------------------------------


def tidy_base_url(url: str) -> str:
    """The URL as it is kept: scheme and host in lower case, no slash at the end."""
    scheme, separator, rest = url.strip().rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"


def base_url_problem(url: str) -> str:
    """What is wrong with an account's base URL; empty when nothing is.

    Credentials are sent there, so it must be https to a public host. In a demo, or while developing, the
    provider may be a simulator on this machine.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return EXPECTED_BASE_URL
    has_more = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not host or has_more:
        return EXPECTED_BASE_URL
    if (settings.DEMO or settings.DEBUG) and host in LOOPBACK_HOSTS:
        return ""
    if parts.scheme != "https":
        return "The base URL must begin with https://: the Auth Token is sent there."
    if port not in {None, 443}:
        return "The base URL must not name a port: providers are reached at the usual one."
    return "" if _is_public(host) else "The base URL must lead to a public host."


def _is_public(host: str) -> bool:
    """Whether a host can be one on the internet, by its form: names are not looked up."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return is_public(host)
    return bool(PUBLIC_NAME.fullmatch(host)) and not host.endswith(PRIVATE_NAMES)


def known_account(*, provider: str, external_id: str, base_url: str) -> ProviderAccount | None:
    """The account of these three, if it is here."""
    return ProviderAccount.objects.filter(
        provider=provider, external_id=external_id, base_url=base_url
    ).first()


def check_sms_settings(
    *,
    sms_settings: SmsSettings,
    provider: str,
    external_id: str,
    base_url: str,
    secret: str,
    secondary_secret: str | None,
) -> ProviderAccount | None:
    """The known account these settings would use, None for a new one. Raises Conflict as saving would."""
    if sms_settings.pk is None:
        _check_enabled()
    account = known_account(provider=provider, external_id=external_id, base_url=base_url)
    if account is None:
        if not secret:
            raise Conflict("Enter the Auth Token of this account.", field="auth_token")
        return None
    if secret and secret != account.secret.reveal():
        raise OtherSecret(account, field="auth_token")
    is_other = secondary_secret is not None and secondary_secret != account.secondary_secret.reveal()
    if is_other and not is_alone(sms_settings, account):
        raise OtherSecret(account, field="secondary_auth_token")
    return account


@told_as_conflict("account_sid")
def save_sms_settings(
    *,
    sms_settings: SmsSettings,
    provider: str,
    external_id: str,
    base_url: str,
    secret: str,
    secondary_secret: str | None,
) -> SmsSettings:
    """Store a work stream's SMS settings; the account behind them is found or made.

    An empty `secret` keeps the known one; `secondary_secret` None keeps, "" removes. Raises Conflict when no
    secret is known, OtherSecret when another one is given for a known account (see tokens.replace_token).
    """
    account = check_sms_settings(
        sms_settings=sms_settings,
        provider=provider,
        external_id=external_id,
        base_url=base_url,
        secret=secret,
        secondary_secret=secondary_secret,
    ) or ProviderAccount(provider=provider, external_id=external_id, base_url=base_url)
    if secret:
        account.secret = secret
    if secondary_secret is not None:
        account.secondary_secret = secondary_secret
    account.deleted_at = None
    account.save()
    sms_settings.inbound_url = _inbound_url_for(sms_settings, account)
    if secret or sms_settings.account_id != account.pk:
        # What was validated is no longer what is stored.
        sms_settings.last_validation_on = None
        sms_settings.last_validation_status = sms_settings.last_validation_outcome = ""
    sms_settings.account = account
    sms_settings.save()
    for number in Number.objects.filter(sms_number__work_stream=sms_settings.work_stream):
        number.account = account
        number.save(update_fields=["account"])
    return sms_settings


def usual_base_url() -> str:
    """Where a new account is most likely reached: in a demo, the simulator."""
    return settings.SIMULATOR_URL or REGISTRY["twilio"].default_base_url


def _inbound_url_for(sms_settings: SmsSettings, account: ProviderAccount) -> InboundUrl:
    """The record's inbound URL: kept when an account is corrected, new when the old one had traffic."""
    if sms_settings.inbound_url_id is None:
        return InboundUrl.objects.create(account=account)
    url = sms_settings.inbound_url
    if url.account_id == account.pk:
        return url
    if WebhookReceipt.objects.filter(account_id=url.account_id).exists():
        return InboundUrl.objects.create(account=account)
    url.account = account
    url.save(update_fields=["account"])
    return url


def used_by(account: ProviderAccount) -> list[str]:
    """The names of the work streams whose texts go through an account."""
    live = account.sms_settings.filter(work_stream__deleted_at=None)
    return list(live.order_by("work_stream__name").values_list("work_stream__name", flat=True))


def is_alone(sms_settings: SmsSettings, account: ProviderAccount) -> bool:
    """Whether these settings use an account, and no other work stream does."""
    users = account.sms_settings.filter(work_stream__deleted_at=None)
    return sms_settings.account_id == account.pk and not users.exclude(pk=sms_settings.pk).exists()


@transaction.atomic
def replace_secrets(*, account: ProviderAccount, secret: str, secondary_secret: str | None) -> None:
    """Set an account's secrets for all that use it; an empty secret and a None secondary keep the old."""
    if secret:
        account.secret = secret
    if secondary_secret is not None:
        account.secondary_secret = secondary_secret
    account.last_validated_at = None
    account.last_validation_status = account.last_validation_outcome = ""
    account.save(update_fields=["secret", "secondary_secret", *VALIDATION])
    account.sms_settings.update(
        last_validation_on=None, last_validation_status="", last_validation_outcome=""
    )


# --- numbers --------------------------------------------------------------------------------------


def holder_of(*, value: str, channel: str = Channel.SMS, except_stream: WorkStream | None = None) -> str:
    """Who already claims a number's texts, in words; empty when nobody does. A retired stream claims none."""
    found = SmsNumber.objects.filter(
        number__value=value, number__channel=channel, work_stream__deleted_at=None
    )
    if except_stream is not None and except_stream.pk:
        found = found.exclude(work_stream=except_stream)
    held = found.select_related("work_stream").first()
    return f"This number already belongs to work stream {held.work_stream}." if held else ""


def check_sms_number(
    *, sms_number: SmsNumber, work_stream: WorkStream, value: str, settings_follow: bool = False
) -> None:
    """Raise Conflict as saving a number would; with `settings_follow`, settings are saved just before."""
    if sms_number.pk is None:
        _check_enabled()
    if not settings_follow and settings_of(work_stream) is None:
        raise Conflict("Fill in the work stream's SMS settings first.", field="work_stream")
    # Its own row, by what is stored: a form may have put another stream on the instance already.
    mine = WorkStream.objects.filter(sms_number=sms_number.pk).first() if sms_number.pk else None
    if held := holder_of(value=value, except_stream=mine):
        raise Conflict(held, field="number")
    has_one = SmsNumber.objects.filter(work_stream_id=work_stream.pk).exclude(pk=sms_number.pk)
    if work_stream.pk is not None and has_one.exists():
        raise Conflict("You can configure only one phone number per work stream.", field="work_stream")


def settings_of(work_stream: WorkStream) -> SmsSettings | None:
    """A stream's SMS settings, None before they are filled in."""
    found = SmsSettings.objects.filter(work_stream_id=work_stream.pk).select_related("account")
    return found.first() if work_stream.pk is not None else None


@told_as_conflict("number")
def save_sms_number(
    *, sms_number: SmsNumber, work_stream: WorkStream, value: str, messages_per_second: float | None
) -> SmsNumber:
    """Give a work stream its support number (digits). Raises Conflict when either is taken already.

    A number that it had before is taken away from it, as with remove_sms_number.
    """
    check_sms_number(sms_number=sms_number, work_stream=work_stream, value=value)
    sms_settings = SmsSettings.objects.select_related("account").get(work_stream=work_stream)
    number, _ = Number.objects.get_or_create(
        channel=Channel.SMS, value=value, defaults={"account": sms_settings.account}
    )
    if sms_number.pk and sms_number.number_id != number.pk:
        _set_free(sms_number.number_id)
    SmsNumber.objects.filter(number=number, work_stream__deleted_at__isnull=False).delete()
    number.account, number.deleted_at = sms_settings.account, None
    number.messages_per_second = messages_per_second
    number.save(update_fields=["account", "deleted_at", "messages_per_second"])
    sms_number.number, sms_number.work_stream = number, work_stream
    sms_number.save()
    return sms_number


@transaction.atomic
def remove_sms_number(*, sms_number: SmsNumber) -> None:
    """Take a number away from its work stream. Its history stays; further texts are kept as unrouted."""
    _set_free(sms_number.number_id)
    sms_number.delete()


def _set_free(number_id: int) -> None:
    number = Number.objects.get(pk=number_id)
    number.deleted_at = timezone.now()
    number.save(update_fields=["deleted_at"])
