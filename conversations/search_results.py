"""What search finds: of all that somebody may read, the newest messages that say what they asked for."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.models import Agent
from agents.roles import sees_everything
from contacts.models import Address
from contacts.search import address_ids, contact_ids, number_beginnings
from conversations import access, search_index
from conversations.models import Conversation, Message
from conversations.search_query import Asked
from conversations.worklists import Seat
from omnichannel.lib.folding import begins, fold
from omnichannel.lib.marking import Piece, marked, says_all
from routing.models import Queue

PAGE = 20
# How many messages with the words are looked at for a page of those that somebody may read and asked for.
MOST_LOOKED_AT = 500
# Customers whom a name or number may mean, conversations with them that are shown, messages that are read.
MOST_MEANT, MOST_CUSTOMERS, MOST_OF_CUSTOMER = 50, 6, 5000
BEYOND_ALL = 2**62


class NotUnderstood(ValueError):
    """What was asked makes no sense here; the message says why."""


@dataclass(frozen=True)
class Hit:
    """A message, its conversation with it, and its text in pieces."""

    message: Message
    conversation: Conversation
    pieces: list[Piece]


@dataclass(frozen=True)
class Found:
    """A page of messages, the newest first; `older` continues it, 0 at the end.

    `until` is how far back was looked when not everything was. `customers` are conversations with whom the
    words name, on the first page.
    """

    hits: list[Hit] = field(default_factory=list)
    older: int = 0
    until: datetime | None = None
    customers: list[Conversation] = field(default_factory=list)
    has_more_customers: bool = False
    problems: list[str] = field(default_factory=list)


def find(asked: Asked, *, seat: Seat, before: int = 0) -> Found:
    """One page; `before` is the `older` of the one before it. At most ten statements."""
    problems = list(asked.problems)
    try:
        conversations = _conversations(asked, seat)
    except NotUnderstood as error:
        problems.append(str(error))
    if problems or asked.is_empty:
        return Found(problems=problems)
    low, high = _ids(asked)
    high = min(high, before) if before else high
    if asked.sender:
        return _of_sender(asked, conversations, low, high)
    is_cut = asked.narrows or not sees_everything(seat.user)
    most = MOST_LOOKED_AT if is_cut else PAGE + 1
    looked_at = [pk for pk in search_index.newest(asked.terms, before=high, most=most) if pk >= low]
    hits = _hits(asked, looked_at, conversations)
    older, until = _rest(hits, looked_at if len(looked_at) == most else [])
    customers = [] if before else _customers(asked, conversations)
    return Found(hits[:PAGE], older, until, customers[:MOST_CUSTOMERS], len(customers) > MOST_CUSTOMERS)


def conversation_ids(asked: Asked, *, seat: Seat) -> list[int]:
    """Conversations in which it was said lately, or with whom the words name: for lists of conversations.

    Those of the newest MOST_LOOKED_AT messages. Raises NotUnderstood.
    """
    if asked.problems:
        raise NotUnderstood(" ".join(asked.problems))
    conversations = _conversations(asked, seat)
    if asked.sender:
        ids = _ids_of_sender(asked, conversations, *_ids(asked))
    else:
        low, high = _ids(asked)
        newest = search_index.newest(asked.terms, before=high, most=MOST_LOOKED_AT)
        ids = [pk for pk in newest if pk >= low]
    found = {conversation for _, conversation in _wanted(asked, ids, conversations)}
    return sorted(found | set(_newest_of(asked.free, conversations) if asked.free else []))


def _rest(hits: list[Hit], looked_at: list[int]) -> tuple[int, datetime | None]:
    """Where the next page starts, and until when was looked if that is what ended the page."""
    if len(hits) > PAGE:
        return hits[PAGE - 1].message.pk, None
    if not looked_at:
        return 0, None
    until = Message.objects.filter(pk=looked_at[-1]).values_list("created_at", flat=True).first()
    return looked_at[-1], until


def _hits(asked: Asked, ids: list[int], conversations: QuerySet[Conversation]) -> list[Hit]:
    """Those of these messages that are wanted, PAGE and one more at most. At most three statements."""
    wanted = [pk for pk, _ in _wanted(asked, ids, conversations)[: PAGE + 1]]
    shown = Message.objects.filter(pk__in=wanted).order_by("-id")
    shown = shown.select_related("conversation__queue", "author")
    return [Hit(row, row.conversation, marked(row.text, asked.terms)) for row in shown]


def _wanted(asked: Asked, ids: list[int], conversations: QuerySet[Conversation]) -> list[tuple[int, int]]:
    """Those of these messages that are wanted, each with its conversation, the newest first."""
    rows = Message.objects.filter(pk__in=ids).order_by()
    if asked.said_by:
        rows = rows.filter(direction=asked.said_by)
    if asked.has_file:
        rows = rows.filter(Q(inbound_text__media_count__gt=0) | Q(delivery__media_count__gt=0))
    # Asked one after the other, each by ids: joined, the engine might begin with all conversations.
    of = dict(rows.values_list("pk", "conversation_id"))
    mine = set(conversations.filter(pk__in=set(of.values())).values_list("pk", flat=True))
    return sorted(((pk, of_it) for pk, of_it in of.items() if of_it in mine), reverse=True)


def _of_sender(asked: Asked, conversations: QuerySet[Conversation], low: int, high: int) -> Found:
    """What was said in the conversations with one customer, or a few."""
    hits = _hits(asked, _ids_of_sender(asked, conversations, low, high), conversations)
    older = hits[PAGE - 1].message.pk if len(hits) > PAGE else 0
    return Found(hits[:PAGE], older)


def _ids_of_sender(asked: Asked, conversations: QuerySet[Conversation], low: int, high: int) -> list[int]:
    mine = _newest_of(asked.sender, conversations)
    said = Message.objects.filter(conversation__in=mine).exclude(direction=Message.Direction.SYSTEM)
    texts = said.order_by("-conversation_id", "-seq").values_list("pk", "text")[:MOST_OF_CUSTOMER]
    return [pk for pk, text in texts if low <= pk < high and says_all(text, asked.terms)]


def _customers(asked: Asked, conversations: QuerySet[Conversation]) -> list[Conversation]:
    """The newest conversations with whom the words name, by name or number."""
    if not asked.free:
        return []
    ids = _newest_of(asked.free, conversations)[: MOST_CUSTOMERS + 1]
    return list(conversations.filter(pk__in=ids).select_related("queue", "agent__user").order_by("-id"))


def _addresses(text: str) -> list[int]:
    """Those of a number, or whose sender goes by a name that begins so."""
    if number_beginnings(text):
        return address_ids(text)[:MOST_MEANT]
    if not fold(text):
        return []
    named = Address.objects.filter(begins("profile_key", fold(text))).order_by()
    return list(named.values_list("pk", flat=True)[:MOST_MEANT])


def _newest_of(text: str, conversations: QuerySet[Conversation]) -> list[int]:
    """Ids of conversations with customers of this name or number, the newest first. Four statements."""
    addresses, contacts = _addresses(text), contact_ids(text, MOST_MEANT)
    by_address = Conversation.objects.filter(address__in=addresses).order_by().values_list("pk", flat=True)
    by_contact = Conversation.objects.filter(contact__in=contacts).order_by().values_list("pk", flat=True)
    ids = sorted(by_address.union(by_contact), reverse=True)[:MOST_LOOKED_AT] if addresses or contacts else []
    return sorted(conversations.filter(pk__in=ids).values_list("pk", flat=True), reverse=True)


# --- what narrows it ----------------------------------------------------------------------------------


def _conversations(asked: Asked, seat: Seat) -> QuerySet[Conversation]:
    """What this person may read, narrowed by the operators; raises NotUnderstood."""
    found = access.visible(seat.user).order_by()
    if asked.queue:
        found = found.filter(queue=_queue(asked.queue))
    if asked.agent.lower() == "none":
        found = found.filter(agent=None)
    elif asked.agent:
        agent = seat.agent if asked.agent.lower() == "me" else _agent(asked.agent)
        found = found.filter(Q(agent=agent) | Q(closed_by=agent))
    return found.filter(state=asked.state) if asked.state else found


def _queue(name: str) -> Queue:
    by_name = Queue.objects.order_by("name")
    found = by_name.filter(name__iexact=name).first() or by_name.filter(name__istartswith=name).first()
    if found is None:
        raise NotUnderstood(f"There is no queue “{name}”.")
    return found


def _agent(name: str) -> Agent:
    """By username, first name, last name or both."""
    agents = Agent.objects.order_by("user__username")
    first, _, last = name.partition(" ")
    one = Q(user__username__iexact=name) | Q(user__first_name__iexact=name) | Q(user__last_name__iexact=name)
    found = agents.filter(one | Q(user__first_name__iexact=first, user__last_name__iexact=last.strip()))[:2]
    if not found:
        raise NotUnderstood(f"There is no agent “{name}”.")
    if len(found) > 1:
        raise NotUnderstood(f"Several agents are called “{name}”: use the username.")
    return found[0]


def _ids(asked: Asked) -> tuple[int, int]:
    """The first id that counts and the first beyond, by the days that were asked for."""
    low = search_index.first_since(_midnight(asked.after)) if asked.after else 0
    high = search_index.first_since(_midnight(asked.before)) if asked.before else BEYOND_ALL
    return low, high


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))
