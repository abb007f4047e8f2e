"""Provider accounts and the SMS settings that name them: the only place that writes them."""

import contextlib
import functools
import ipaddress
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from channels_app.models import InboundUrl, Number, ProviderAccount, SmsSettings, new_token
from channels_app.models_receipts import WebhookReceipt
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from channels_app.providers import REGISTRY
from channels_app.providers.base import ChannelRules, Credentials, Provider, Words
from omnichannel.lib.crypto import Secret
from omnichannel.lib.environment import LOOPBACK_HOSTS
from omnichannel.lib.http import is_public
from routing.channels import NotEnabled, check_enabled
from routing.models import Channel

# What holds the connection to an account: its own inbound URL, and what its validation came to.
Connection = SmsSettings | WhatsAppAccount
P = ParamSpec("P")
R = TypeVar("R")
VALIDATION = ("last_validated_at", "last_validation_status", "last_validation_outcome")
EXPECTED_BASE_URL = "Enter scheme and host only, for example https://api.twilio.com."
# A last label that begins with a letter: 127.1 and 0x7f.1 are addresses of this machine in disguise.
PUBLIC_NAME = re.compile(r"([a-z0-9_-]+\.)+[a-z][a-z0-9-]*", re.IGNORECASE | re.ASCII)
PRIVATE_NAMES = (".localhost", ".local", ".localdomain", ".internal", ".lan", ".home.arpa")


class Conflict(ValueError):
    """What is asked for contradicts what is there; the message names the records. Nothing was changed.

    `field` is the field of the form or of the API that has to change; those of an account have the names
    that its provider gives them (Words.field).
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
            f"Another {words_of(account).secret} is stored for this account, which is used by "
            f"{users}. Replace it on the provider account: it is kept only if it validates.",
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


def words_of(account: ProviderAccount) -> Words:
    """What its provider calls its things."""
    return account.words


def rules_of(number: Number) -> ChannelRules:
    """What its provider does on a number's channel."""
    return provider_of(number.account).channels[number.channel]


def inbound_address(url: InboundUrl) -> str:
    """The absolute inbound URL, as it is pasted at the provider."""
    return address_of_token(url.token)


def address_of_token(token: str) -> str:
    """The same for a token that may not be stored yet."""
    return f"{settings.PUBLIC_BASE_URL}/hooks/{token}/"


def check_channel(channel: str, *, field: str) -> None:
    """Raise Conflict at `field` when the organisation does not use a channel."""
    try:
        check_enabled(channel)
    except NotEnabled as error:
        raise Conflict(str(error), field=field) from error


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
        return "The base URL must begin with https://: the account's secret is sent there."
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
    """The account of these three, if it is here; small and capital letters of its id are the same."""
    alike = ProviderAccount.objects.filter(
        provider=provider, external_id__iexact=external_id, base_url=base_url
    ).order_by("id")
    return alike.filter(external_id=external_id).first() or alike.first()


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
        check_channel(Channel.SMS, field="work_stream")
    return check_connection(
        sms_settings,
        provider=provider,
        external_id=external_id,
        base_url=base_url,
        secret=secret,
        secondary_secret=secondary_secret,
    )


def check_connection(
    connection: Connection,
    *,
    provider: str,
    external_id: str,
    base_url: str,
    secret: str,
    secondary_secret: str | None,
) -> ProviderAccount | None:
    """The known account a connection would use, None for a new one. Raises Conflict as saving would."""
    words = REGISTRY[provider].words
    given = {"secret": secret, "secondary_secret": secondary_secret}
    for name, value in given.items():
        if value and (problem := REGISTRY[provider].check_secret(value)):
            raise Conflict(problem, field=words.field(name))
    account = known_account(provider=provider, external_id=external_id, base_url=base_url)
    if account is None:
        if not secret:
            raise Conflict(f"Enter the {words.secret} of this account.", field=words.field("secret"))
        return None
    if secret and secret != account.secret.reveal():
        raise OtherSecret(account, field=words.field("secret"))
    is_other = secondary_secret is not None and secondary_secret != account.secondary_secret.reveal()
    if is_other and not is_alone(connection, account):
        raise OtherSecret(account, field=words.field("secondary_secret"))
    return account


@told_as_conflict("provider")
def save_sms_settings(
    *,
    sms_settings: SmsSettings,
    provider: str,
    external_id: str,
    base_url: str,
    secret: str,
    secondary_secret: str | None,
    token: str = "",
) -> SmsSettings:
    """Store a work stream's SMS settings; the account behind them is found or made.

    `token` is the one of an inbound URL that was shown before this first save (see inbound_urls.issued).

    An empty `secret` keeps the known one; `secondary_secret` None keeps, "" removes. Raises Conflict when no
    secret is known, OtherSecret when another one is given for a known account (see tokens.replace_token).
    """
    check_sms_settings(
        sms_settings=sms_settings,
        provider=provider,
        external_id=external_id,
        base_url=base_url,
        secret=secret,
        secondary_secret=secondary_secret,
    )
    account = connect(
        sms_settings,
        provider=provider,
        external_id=external_id,
        base_url=base_url,
        secret=secret,
        secondary_secret=secondary_secret,
        token=token,
    )
    sms_settings.save()
    for number in Number.objects.filter(sms_number__work_stream=sms_settings.work_stream):
        number.account = account
        number.save(update_fields=["account"])
    return sms_settings


def connect(
    connection: Connection,
    *,
    provider: str,
    external_id: str,
    base_url: str,
    secret: str,
    secondary_secret: str | None,
    token: str = "",
) -> ProviderAccount:
    """Find or make the account, and give it and an inbound URL to a connection, which the caller saves.

    Check before with check_connection. What was validated no longer counts when it differs.
    """
    account = known_account(provider=provider, external_id=external_id, base_url=base_url)
    if account is None:
        account = ProviderAccount(provider=provider, external_id=external_id, base_url=base_url)
        account.secondary_secret = Secret("")
    if connection.account_id is not None and connection.account_id == account.pk:
        account.external_id = external_id
    if secret:
        account.secret = Secret(secret)
    if secondary_secret is not None:
        account.secondary_secret = Secret(secondary_secret)
    account.deleted_at = None
    account.save()
    connection.inbound_url = _inbound_url_for(connection, account, token)
    if secret or connection.account_id != account.pk:
        connection.last_validation_on = None
        connection.last_validation_status = connection.last_validation_outcome = ""
    connection.account = account
    return account


def usual_base_url(provider: str) -> str:
    """Where a new account is most likely reached: in a demo, the simulator."""
    return settings.SIMULATOR_URL or REGISTRY[provider].default_base_url


def _inbound_url_for(connection: Connection, account: ProviderAccount, token: str) -> InboundUrl:
    """The record's inbound URL: kept when an account is corrected, new when the old one had traffic."""
    if connection.inbound_url_id is None:
        if token and InboundUrl.objects.filter(token=token).exists():
            raise Conflict("This page was saved already. Load it again.", field="work_stream")
        return InboundUrl.objects.create(account=account, token=token or new_token())
    url = connection.inbound_url
    if url.account_id == account.pk:
        return url
    if WebhookReceipt.objects.filter(account_id=url.account_id).exists():
        return InboundUrl.objects.create(account=account)
    url.account = account
    url.save(update_fields=["account"])
    return url


def used_by(account: ProviderAccount) -> list[str]:
    """Whose texts go through an account: the names of work streams and WhatsApp accounts in use."""
    streams = account.sms_settings.filter(work_stream__deleted_at=None).order_by("work_stream__name")
    whatsapp = account.whatsapp_accounts.filter(deleted_at=None).order_by("name")
    return [
        *streams.values_list("work_stream__name", flat=True),
        *(f"WhatsApp account {name}" for name in whatsapp.values_list("name", flat=True)),
    ]


def is_alone(connection: Connection, account: ProviderAccount) -> bool:
    """Whether a connection uses an account, and nothing else in use does."""
    if connection.account_id != account.pk:
        return False
    streams = account.sms_settings.filter(work_stream__deleted_at=None)
    whatsapp = account.whatsapp_accounts.filter(deleted_at=None)
    if isinstance(connection, SmsSettings):
        streams = streams.exclude(pk=connection.pk)
    else:
        whatsapp = whatsapp.exclude(pk=connection.pk)
    return not streams.exists() and not whatsapp.exists()


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
    numbers = WhatsAppNumber.objects.filter(whatsapp_account__account=account)
    for validated in (account.sms_settings, account.whatsapp_accounts, numbers):
        validated.update(last_validation_on=None, last_validation_status="", last_validation_outcome="")
