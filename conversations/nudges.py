"""Who is to look again when a conversation changes. What a nudge is: omnichannel.lib.nudges."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.conf import settings

from conversations.models import Conversation, State
from conversations.worklists import CLOSED, MY, OPEN, Seat, Worklist
from omnichannel.lib import nudges, queue
from routing.services import queue_ids_of

# Milliseconds until a page asks after SOON: where the list shows what waits, and where only its counts do.
SOON_MS, LATER_MS = 600, 4000


def topics_of(conversation: Conversation) -> frozenset[str]:
    """Everybody who may see it change: who has it open, its agent, who looks at its queue."""
    topics = {topic(conversation.pk), f"w{conversation.queue_id}"}
    topics |= {f"a{pk}" for pk in (conversation.agent_id, conversation.closed_by_id) if pk}
    if conversation.state == State.OPEN:
        topics.add(f"q{conversation.queue_id}")
    return frozenset(topics)


def topic(conversation_id: int) -> str:
    """Whoever has this conversation open."""
    return f"c{conversation_id}"


def tell(topics: Iterable[str]) -> None:
    """Nudge the pages that hear these topics, with the caller's transaction. A lost nudge costs a minute."""
    if settings.NUDGES_URL:
        queue.broadcast(nudges.LANE, " ".join(sorted(topics)))


def topics_for(seat: Seat, worklist: Worklist, conversation_id: int | None) -> list[str]:
    """What a page of the desk hears. Whoever calls has asked whether the conversation may be seen."""
    queues = ["*"] if seat.sees_everything else [str(pk) for pk in sorted(queue_ids_of(seat.agent))]
    topics = [f"a{seat.agent.pk}", *(f"q{queue}" for queue in queues)]
    if worklist.stream not in {MY.stream, OPEN.stream, CLOSED.stream}:
        topics += [f"w{queue}" for queue in queues]
    return topics if conversation_id is None else [*topics, topic(conversation_id)]


def address(topics: Iterable[str]) -> str:
    """Where a page hears them, to be opened within a minute."""
    return f"{settings.NUDGES_URL}?{urlencode({'token': nudges.sign(topics)})}"


def soon_ms(worklist: Worklist) -> int:
    """How long a page of this list waits after SOON, so that a busy queue is asked for once."""
    return LATER_MS if worklist.stream in {MY.stream, CLOSED.stream} else SOON_MS
