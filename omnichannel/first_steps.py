"""The ways from an empty installation to the first text, in the documents' order: one for each channel."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse

from channels_app.models import ProviderAccount
from channels_app.models_receipts import WebhookReceipt
from channels_app.models_whatsapp import WhatsAppAccount
from channels_app.providers import REGISTRY, providers_of
from channels_app.providers.base import Guide, Words
from routing.models import Channel, WorkStream

LOOKED_AT = 50
TEXT_IT = "Then text the number: the first text that comes makes this step done."


@dataclass(frozen=True)
class Step:
    """One step: what to do, where, and whether it is done."""

    title: str
    what: str
    link: str
    url: str
    is_done: bool


@dataclass(frozen=True)
class Way:
    """The steps of a channel through one provider."""

    key: str
    name: str
    steps: list[Step]

    @property
    def done(self) -> int:
        """How many steps are behind us."""
        return sum(step.is_done for step in self.steps)


def first_steps(chosen: str = "") -> tuple[Way | None, list[Way]]:
    """The way to go on with, and all there are; none when one of them has been gone to its end.

    `chosen` is the key of the one that somebody wants to see. Five statements.
    """
    ways = [*_sms_ways(), *_whatsapp_ways()]
    if any(way.done == len(way.steps) for way in ways):
        return None, []
    furthest = max(ways, key=lambda way: way.done)
    return next((way for way in ways if way.key == chosen), furthest), ways


def _sms_ways() -> list[Way]:
    streams: list[Any] = list(
        WorkStream.objects.filter(deleted_at=None, channel=Channel.SMS)
        .order_by("id")
        .values(
            "id",
            "sms_settings__account",
            "sms_settings__account__provider",
            "sms_settings__last_validation_status",
            "sms_number",
        )[:LOOKED_AT]
    )
    texted = _texted(stream["sms_settings__account"] for stream in streams)
    made = []
    for key, name in providers_of(Channel.SMS):
        mine = [s for s in streams if s["sms_settings__account__provider"] in {None, key}] or [None]
        rows = [_sms_steps(key, stream, texted) for stream in mine]
        best = max(rows, key=lambda steps: sum(step.is_done for step in steps))
        made.append(Way(f"sms-{key}", f"SMS through {name}", best))
    return made


def _whatsapp_ways() -> list[Way]:
    fields = ("id", "account", "account__provider", "last_validation_status", "numbers")
    found = WhatsAppAccount.objects.filter(deleted_at=None).order_by("id").values(*fields)
    accounts: list[Any] = list(found[:LOOKED_AT])
    # Texts on other channels may go through the same account.
    texted = _texted((one["account"] for one in accounts), number__channel=Channel.WHATSAPP)
    made = []
    for key, name in providers_of(Channel.WHATSAPP):
        mine = [one for one in accounts if one["account__provider"] == key] or [None]
        rows = [_whatsapp_steps(key, account, texted) for account in mine]
        best = max(rows, key=lambda steps: sum(step.is_done for step in steps))
        made.append(Way(f"whatsapp-{key}", f"WhatsApp through {name}", best))
    return made


def _texted(accounts: Any, **about: Any) -> set[int]:
    """Which of these accounts have posted something here."""
    ids = {account for account in accounts if account}
    if not ids:
        return set()
    # One look through an index for each account, however many receipts there are.
    posted = WebhookReceipt.objects.filter(account=OuterRef("pk"), **about).order_by("-id")
    found = ProviderAccount.objects.filter(Exists(posted), pk__in=ids)
    return set(found.values_list("pk", flat=True))


def _sms_steps(provider: str, stream: dict[str, Any] | None, texted: set[int]) -> list[Step]:
    words, guide = REGISTRY[provider].words, REGISTRY[provider].guide
    add = reverse("admin:routing_workstream_add")
    here = reverse("admin:routing_workstream_change", args=[stream["id"]]) if stream else add
    fact = stream or {}
    account = fact.get("sms_settings__account")
    has_number = bool(account and fact.get("sms_number"))
    status = fact.get("sms_settings__last_validation_status") or ""
    return [
        Step(
            "Create a work stream",
            "Under Work Distribution Management, select Work Streams, then New. Channel: SMS.",
            "New Work Stream",
            add,
            stream is not None,
        ),
        Step("SMS Settings", _settings(words, guide), "SMS Settings of the work stream", here, bool(account)),
        Step("New SMS Number", guide.number, "SMS Numbers of the work stream", here, has_number),
        Step(
            "Validate API Key",
            _asked(guide.validation, status),
            "Validate API Key",
            here,
            has_number and _is_good(status),
        ),
        Step(
            "Establish the connection",
            f"{guide.inbound_url} {TEXT_IT}",
            f"To the {words.inbound_url}",
            here,
            account in texted,
        ),
    ]


def _settings(words: Words, guide: Guide) -> str:
    """How SMS Settings are filled in."""
    given = f"SMS Provider: {words.name}. Enter the {words.external_id} and the {words.secret} of your "
    if words.url_before_save:
        return f"{given}{words.name} account, copy the {words.inbound_url} for {guide.letter_to}; save."
    return f"{given}{words.name} account; save. The {words.inbound_url} appears."


def _whatsapp_steps(provider: str, account: dict[str, Any] | None, texted: set[int]) -> list[Step]:
    words, guide = REGISTRY[provider].words, REGISTRY[provider].guide
    fact = account or {}
    add = reverse("admin:channels_app_whatsappaccount_add")
    here = reverse("admin:channels_app_whatsappaccount_change", args=[account["id"]]) if account else add
    status = fact.get("last_validation_status") or ""
    has_number = bool(fact.get("numbers"))
    return [
        Step(
            "Create a WhatsApp account",
            f"Under Channels, select WhatsApp, then New. Enter a name, the {words.external_id} and the "
            f"{words.secret} of your {words.name} account; save. The {words.inbound_url} appears.",
            "New WhatsApp account",
            add,
            account is not None,
        ),
        Step(
            "Add new WhatsApp number",
            "Name, number and work stream; an out-of-the-box WhatsApp work stream is there.",
            "WhatsApp phone numbers of the account",
            here,
            has_number,
        ),
        Step(
            "Validate",
            _asked(f"Asks {words.name} about the account and each of its numbers.", status),
            "Validate",
            here,
            has_number and _is_good(status),
        ),
        Step(
            "Establish the connection",
            f"{guide.where_to(Channel.WHATSAPP)} {TEXT_IT}",
            f"To the {words.inbound_url}",
            here,
            fact.get("account") in texted,
        ),
    ]


def _is_good(status: str) -> bool:
    return status.startswith(("success:", "warning:"))


def _asked(asks: str, status: str) -> str:
    """What validating does; what came of it last, when it was no success."""
    level, _, said = status.partition(":")
    return f"{asks} The last time: {said.strip()}" if level == "error" else asks
