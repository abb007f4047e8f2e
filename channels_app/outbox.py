"""Texts to be sent: asked about, and written as rows. How they leave: `leaving`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from channels_app import gate, media, media_rules, templates
from channels_app.accounts import provider_of, rules_of
from channels_app.deliveries import DUE
from channels_app.media_files import StoredFile
from channels_app.models import Number
from channels_app.models_deliveries import Delivery
from channels_app.models_whatsapp import ContentTemplate
from channels_app.opt_outs import is_opted_out
from channels_app.sessions import window_closes_at
from contacts.models import Address
from omnichannel.lib import slugs
from omnichannel.lib.queue import ring
from routing.channels import blocked_extensions
from routing.models import Channel

S = Delivery.State
Kind = Address.Kind
# What can be written to on each channel; business-scoped ids exist on WhatsApp alone.
ANSWERABLE: dict[str, frozenset[Kind]] = {
    Channel.SMS: frozenset({Kind.PHONE, Kind.SHORT_CODE}),
    Channel.WHATSAPP: frozenset({Kind.PHONE, Kind.WHATSAPP_ID}),
}


class Refused(ValueError):
    """can_send said no. `verdict` has the reason and a sentence for people; nothing was stored."""

    def __init__(self, verdict: gate.Verdict) -> None:
        super().__init__(verdict.sentence)
        self.verdict = verdict


# --- may it leave? --------------------------------------------------------------------------------


def verdict_for(
    *,
    number: Number,
    address: Address,
    text: str,
    now: datetime,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    template: ContentTemplate | None = None,
    files: Sequence[media_rules.Outgoing] = (),
) -> gate.Verdict:
    """Ask can_send with the facts as they are now."""
    problems = media_rules.check(files, policy_for(number)) if files else ()
    facts = gate.Facts(
        length=len(text.strip()) and len(text),
        text_limit=rules_of(number).text_limit,
        is_blocked=address.is_blocked(now),
        is_opted_out=is_opted_out(number, address),
        can_be_answered=address.kind in ANSWERABLE[number.channel],
        has_sender=number.deleted_at is None and number.account.deleted_at is None,
        window_closes_at=None if template else window_closes_at(number, address),
        is_template=template is not None,
        template_problem=templates.problem(template, number) if template else "",
        not_before=not_before,
        not_after=not_after,
        files=len(files),
        files_problem=problems[0].sentence if problems else "",
        slugs_left=tuple(slugs.slugs_in(text)),
    )
    return gate.can_send(facts, now=now)


def policy_for(number: Number) -> media_rules.Policy:
    """What decides about files that shall leave from a number."""
    return media_rules.Policy(
        rules=rules_of(number).media,
        provider=provider_of(number.account).words.name,
        is_allowed=number.attachments_from_agents,
        largest=media.largest(),
        blocked=blocked_extensions(number.channel),
    )


# --- writing a delivery ---------------------------------------------------------------------------


def submit(
    *,
    number: Number,
    address: Address,
    text: str,
    now: datetime,
    priority: int = Delivery.Priority.REPLY,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    retry_of: Delivery | None = None,
    template: ContentTemplate | None = None,
    template_variables: Mapping[str, str] | None = None,
    files: Sequence[StoredFile] = (),
    follows: Delivery | None = None,
) -> Delivery:
    """Write a pending delivery and ring, in the caller's transaction. Raises Refused, storing nothing.

    With a content template, its own words filled in are the text; `text` and `files` must then be empty.
    `files` lie in the storage already. With `follows`, it leaves only when that one has left, or failed.
    """
    if template is not None and files:
        raise Refused(gate.no("template", "A content template takes no files."))
    if template is not None:
        text = _filled(template, template_variables or {}, text)
    verdict = verdict_for(
        number=number,
        address=address,
        text=text,
        now=now,
        not_before=not_before,
        not_after=not_after,
        template=template,
        files=files,
    )
    if verdict.answer is gate.Answer.NO:
        raise Refused(verdict)
    with transaction.atomic():
        delivery = Delivery.objects.create(
            number=number,
            account_id=number.account_id,
            address=address,
            text=text,
            priority=priority,
            not_before=not_before,
            not_after=not_after,
            next_attempt_at=max(now, not_before or now),
            retry_of=retry_of,
            template=template,
            template_variables=dict(template_variables or {}) if template else {},
            media_count=len(files),
            follows=follows,
            created_at=now,
            state_changed_at=now,
        )
        media.attach(delivery, files, now)
        ring(DUE)
    return delivery


def _filled(template: ContentTemplate, variables: Mapping[str, str], text: str) -> str:
    """What the customer will read. Raises Refused."""
    if text:
        raise Refused(gate.no("template", "A content template takes no text of one's own."))
    try:
        return templates.filled(template, variables)
    except templates.WrongVariables as wrong:
        raise Refused(gate.no("template_variables", str(wrong))) from wrong
