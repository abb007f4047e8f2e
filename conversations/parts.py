"""The parts of an open conversation's page that the feed replaces as a whole: what each of them shows.

To add one: a template with one element of a fixed id that carries `hx-swap-oob="true"` when `changes` is in
its context, included by the page itself, and a line in PARTS or WATCHED. A part of PARTS follows from the
conversation's own row, so it is only looked at when the conversation has a new version. What changes without
one belongs into WATCHED and costs every question of every page a statement: keep it small.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conversations import customer, viewing
from conversations.forms_supervisor import AssignForm
from conversations.situation import Situation
from conversations.worklists import Seat


def _nothing_more(_seat: Seat, _situation: Situation) -> Mapping[str, Any]:
    return {}


def _for_supervisors(_seat: Seat, situation: Situation) -> Mapping[str, Any]:
    return {"assign_form": AssignForm(situation.conversation)} if "assign" in situation.commands else {}


def _identity(seat: Seat, situation: Situation) -> tuple[object, ...]:
    """Whose conversation it is, and what this person may do about that."""
    conversation = situation.conversation
    return conversation.contact_id, customer.is_own(conversation, seat), situation.may_act


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part that follows from the conversation. `name`: small letters, unique among all parts.

    `shows` is everything by which two looks of it differ; `context` is what its template needs beyond the
    page's own context, on the page and in the feed. One with `is_written_in` is left alone as long as
    nobody knows whether it changed: somebody may be typing there.
    """

    name: str
    template: str
    shows: Callable[[Seat, Situation], object]
    context: Callable[[Seat, Situation], Mapping[str, Any]] = _nothing_more
    is_written_in: bool = False


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A part that changes without the conversation. Its template gets what `look` gives, under `name`.

    `look` gets the seat, the conversation's id and the time; one statement at most.
    """

    name: str
    template: str
    look: Callable[[Seat, int, datetime], object]


PARTS: tuple[Part, ...] = (
    Part(
        name="reading",
        template="desk/_reading.html",
        shows=lambda _, now: (now.conversation.last_seq, now.conversation.last_inbound_seq > 0),
    ),
    Part(
        name="commands",
        template="desk/_commands.html",
        shows=lambda _, now: (
            now.commands,
            now.wrote_since_end,
            now.conversation.queue_id,
            now.conversation.agent_id,
        ),
        context=_for_supervisors,
    ),
    Part(
        name="reply",
        template="desk/_reply.html",
        shows=lambda _, now: now.reply_refusal,
        is_written_in=True,
    ),
    Part(
        name="note",
        template="desk/_note.html",
        shows=lambda _, now: now.note_refusal,
        is_written_in=True,
    ),
    Part(
        name="who",
        template="desk/customer/_who.html",
        shows=lambda seat, now: (
            *_identity(seat, now),
            now.conversation.title,
            now.conversation.address.blocked_until,
            now.reply_refusal,
        ),
        context=lambda seat, now: {"who": customer.who(seat, now)},
    ),
    Part(
        name="work",
        template="desk/customer/_work.html",
        shows=_identity,
        context=lambda seat, now: {"work": customer.work(seat, now)},
        is_written_in=True,
    ),
    Part(
        name="around",
        template="desk/customer/_around.html",
        shows=lambda seat, now: (
            *_identity(seat, now),
            now.conversation.state,
            now.conversation.queue_id,
            now.conversation.transfer_count,
        ),
        context=lambda seat, now: {"around": customer.around(seat, now)},
    ),
    # What has not left yet, above the composer.
    Part(
        name="planned",
        template="desk/_planned.html",
        shows=lambda _, now: (
            now.may_change_planned,
            [(w.message.pk, w.leaves_at, w.message.cancel_if_customer_writes) for w in now.planned],
        ),
    ),
)
WATCHED: tuple[Watched, ...] = (Watched(name="here", template="desk/_here.html", look=viewing.others),)


def look(seat: Seat, conversation_id: int, now: datetime) -> dict[str, object]:
    """What the watched parts show, by name."""
    return {part.name: part.look(seat, conversation_id, now) for part in WATCHED}


def context_of(parts: Iterable[Part], seat: Seat, situation: Situation) -> dict[str, Any]:
    """What the templates of these parts need."""
    context: dict[str, Any] = {}
    for part in parts:
        context |= part.context(seat, situation)
    return context
