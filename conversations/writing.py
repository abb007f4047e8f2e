"""What is written: texts to the customer, messages among colleagues, and texts sent once more."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from agents.models import Agent, User
from channels_app import media_rules, outbox, status
from channels_app.accounts import rules_of
from channels_app.gate import Verdict
from channels_app.media import files_of
from channels_app.media_files import StoredFile
from channels_app.models_whatsapp import ContentTemplate
from conversations import drafts
from conversations.cards import files_preview
from conversations.changes import Lost, add, locked, own, save
from conversations.collisions import refuse_unseen
from conversations.failures import has_failed
from conversations.later import is_scheduled
from conversations.models import Conversation, Message, State
from conversations.models_desk import Draft
from conversations.transitions import USES_CAPACITY, NotAllowed

Direction = Message.Direction
Kind = Draft.Kind


def reply(
    *,
    conversation_id: int,
    agent: Agent,
    now: datetime,
    text: str = "",
    template: ContentTemplate | None = None,
    variables: Mapping[str, str] | None = None,
    files: Sequence[StoredFile] = (),
    not_before: datetime | None = None,
    cancel_if_customer_writes: bool = False,
    seen: int | None = None,
) -> Message:
    """Write to the customer. The text leaves as soon as its turn comes, and not before `not_before`.

    Either text and files, or a content template and its variables; the message then is the template filled
    in. `files` lie in the storage already (see channels_app.attachments). Where a channel carries one file
    per message, several messages are made, which leave in their order; the first one is returned. With
    `seen`, the seq of the last message that was looked at, nothing is sent when there is a newer one.
    Raises NotYours, NotAllowed (not Active or Wrap-up), WrittenMeanwhile, or outbox.Refused with a sentence;
    then nothing is stored. Otherwise the author's draft is gone.
    """
    with own(conversation_id, agent) as conversation:
        if conversation.state not in USES_CAPACITY:
            raise NotAllowed(
                f"A conversation that is {State(conversation.state).label} cannot be replied to."
            )
        if seen is not None:
            refuse_unseen(conversation, user=agent.user, seen=seen)
        messages: list[Message] = []
        for part in media_rules.split(text, files, rules_of(conversation.number).media):
            delivery = outbox.submit(
                number=conversation.number,
                address=conversation.address,
                text=part.text,
                now=now,
                not_before=not_before,
                template=template,
                template_variables=variables,
                files=part.files,
                follows=messages[-1].delivery if messages else None,
            )
            said = {
                "author": agent.user,
                "delivery": delivery,
                "cancel_if_customer_writes": cancel_if_customer_writes,
            }
            messages.append(add(conversation, Direction.OUTBOUND, delivery.text, now, **said))
        sent = files_preview([file.content_type for file in files])
        conversation.last_text = conversation.last_text or sent
        conversation.last_message_at = now
        if not is_scheduled(not_before, written=now):
            conversation.customer_waits_since = None
        if template is None:
            drafts.drop(user=agent.user, conversation=conversation, kind=Kind.REPLY)
        save(conversation, now)
    return messages[0]


def write_internal(*, conversation_id: int, author: User, text: str, now: datetime) -> Message:
    """Write to colleagues; it never reaches a provider. Raises NotAllowed when closed or empty."""
    if not text.strip():
        raise NotAllowed("Write something first.")
    with locked(conversation_id) as conversation:
        if conversation.state == State.CLOSED:
            raise NotAllowed("A conversation that is Closed takes no further messages.")
        message = add(conversation, Direction.INTERNAL, text, now, author=author)
        conversation.has_internal_message = True
        drafts.drop(user=author, conversation=conversation, kind=Kind.NOTE)
        save(conversation, now)
    return message


def try_again(*, message: Message, agent: Agent, now: datetime) -> Message:
    """Send a failed, undelivered or unknown text once more: a new delivery on the same bubble.

    Raises Lost when somebody did it already, NotAllowed when there is nothing to try again, outbox.Refused.
    """
    with own(message.conversation_id, agent) as conversation:
        if conversation.state not in USES_CAPACITY:
            raise NotAllowed(
                f"A conversation that is {State(conversation.state).label} cannot be replied to."
            )
        fresh = Message.objects.select_related("delivery__template").get(pk=message.pk)
        if fresh.delivery is None or fresh.delivery.state not in status.RETRYABLE:
            raise NotAllowed("This text is on its way or has arrived: there is nothing to try again.")
        if fresh.delivery_id != message.delivery_id:
            raise Lost("Somebody has tried this text again already.")
        before = fresh.delivery
        fresh.delivery = outbox.submit(
            number=conversation.number,
            address=conversation.address,
            text="" if before.template else fresh.text,
            now=now,
            retry_of=before,
            template=before.template,
            template_variables=before.template_variables,
            files=files_of(before),
        )
        fresh.version = conversation.version
        fresh.save(update_fields=["delivery", "version"])
        conversation.last_message_at = now
        conversation.has_failed_message = has_failed(conversation)
        save(conversation, now)
    return fresh


def reply_verdict(
    conversation: Conversation, *, now: datetime, text: str = "x", template: ContentTemplate | None = None
) -> Verdict:
    """Whether the customer can be written to at all, for the composer to explain before anything is typed.

    When the reason is `window_closed`, a content template may still be sent.
    """
    return outbox.verdict_for(
        number=conversation.number, address=conversation.address, text=text, now=now, template=template
    )
