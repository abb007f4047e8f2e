"""The way from an empty installation to the first text, in the documents' order."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from channels_app.models import WebhookReceipt
from routing.models import WorkStream

STREAMS_LOOKED_AT = 50


@dataclass(frozen=True)
class Step:
    """One step: what to do, where, and whether it is done."""

    title: str
    what: str
    link: str
    url: str
    is_done: bool


def first_steps() -> list[Step]:
    """The steps of the work stream that is set up furthest; none when a work stream has them all.

    Two statements.
    """
    rows = WorkStream.objects.filter(deleted_at=None).order_by("id")
    facts: list[Any] = list(
        rows.values("id", "sms_settings__account", "sms_settings__last_validation_status", "sms_number")[
            :STREAMS_LOOKED_AT
        ]
    )
    made = [_steps(stream, has_text=False) for stream in facts] or [_steps(None, has_text=False)]
    best = max(range(len(made)), key=lambda i: sum(step.is_done for step in made[i]))
    stream = facts[best] if facts else None
    if stream is not None and stream["sms_settings__account"]:
        account = stream["sms_settings__account"]
        steps = _steps(stream, has_text=WebhookReceipt.objects.filter(account=account).exists())
    else:
        steps = made[best]
    return [] if all(step.is_done for step in steps) else steps


def _steps(stream: dict[str, Any] | None, *, has_text: bool) -> list[Step]:
    add = reverse("admin:routing_workstream_add")
    here = reverse("admin:routing_workstream_change", args=[stream["id"]]) if stream else add
    fact = stream or {}
    has_settings, has_number = bool(fact.get("sms_settings__account")), bool(fact.get("sms_number"))
    status = fact.get("sms_settings__last_validation_status") or ""
    return [
        Step(
            "Create a work stream",
            "Under Work Distribution Management, select Work Streams, then New. Channel: SMS.",
            "New Work Stream",
            add,
            stream is not None,
        ),
        Step(
            "SMS Settings",
            "SMS Provider: Twilio. Enter the Account SID and the Auth Token of your Twilio account; save. "
            "The Twilio inbound URL appears.",
            "SMS Settings of the work stream",
            here,
            has_settings,
        ),
        Step(
            "New SMS Number",
            "The support phone number from Twilio in the form 14252306549, without blanks. Type: Long code.",
            "SMS Numbers of the work stream",
            here,
            has_number,
        ),
        Step(
            "Validate API Key",
            _asked(status),
            "Validate API Key",
            here,
            has_settings and has_number and status.startswith(("success:", "warning:")),
        ),
        Step(
            "Establish the connection",
            "Copy the Twilio inbound URL. In your Twilio account, open Phone Numbers > Active Numbers, "
            "select the number, paste the URL under Messaging. Then text the number: the first text that "
            "comes makes this step done.",
            "To the Twilio inbound URL",
            here,
            has_text,
        ),
    ]


def _asked(status: str) -> str:
    """What Validate API Key does; what came of it last, when it was no success."""
    level, _, said = status.partition(":")
    asks = "Twilio is asked whether account and number are good."
    return f"{asks} The last time: {said.strip()}" if level == "error" else asks
