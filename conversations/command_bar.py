"""The command bar: whatever one can go to or do from where one is, found by words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from contacts.search import address_ids, contact_ids
from conversations import access, keys, list_counts, navigation
from conversations.models import Conversation, State
from conversations.preferences import preference_of
from conversations.saved_views import views_of
from conversations.situation import Situation
from conversations.worklists import Seat
from omnichannel.lib.folding import fold

MOST_CONVERSATIONS = 8
LONGEST_QUESTION = 100
# The commands of a conversation (see situation.COMMANDS) by the key that does the same.
OF_CONVERSATION = {
    "pick": "take",
    "reopen": "take",
    "assign": "assign",
    "take-over": "take-over",
    "transfer": "transfer",
    "release": "release",
    "end": "end",
    "close-session": "close",
}
COMMANDS, PLACES, CONVERSATIONS = "This conversation", "Go to", "Conversations"


@dataclass(frozen=True)
class Entry:
    """A line of the bar: it goes to `address`, or does what the key of `command` does."""

    group: str
    words: str
    detail: str = ""
    address: str = ""
    command: str = ""
    keys: str = ""


def entries(seat: Seat, question: str, situation: Situation | None) -> list[Entry]:
    """What fits all words of the question, in groups: the open conversation's commands, places, people."""
    bound = keys.bindings(preference_of(seat.user).keys)
    known = [*_commands(situation, bound), *_places(seat, bound)]
    question = question[:LONGEST_QUESTION].replace("\x00", "").strip()
    words = fold(question).split()
    fitting = [entry for entry in known if all(word in fold(entry.words) for word in words)]
    return fitting + (_conversations(seat, question) if words else [])


def _commands(situation: Situation | None, bound: dict[str, str]) -> Iterable[Entry]:
    if situation is None:
        return
    slugs = [OF_CONVERSATION[command] for command in situation.commands if command in OF_CONVERSATION]
    slugs += ["reply"] * (not situation.reply_refusal) + ["note"] * (not situation.note_refusal)
    for slug in slugs:
        yield Entry(COMMANDS, keys.BY_SLUG[slug].words, command=slug, keys=bound[slug])


def _places(seat: Seat, bound: dict[str, str]) -> Iterable[Entry]:
    queues = list_counts.queues(seat, most=list_counts.MOST_QUEUES)
    saved = views_of(seat)
    for group in navigation.groups({}, seat=seat, queues=queues, saved=saved, current=None):
        for tab in group.tabs:
            address = reverse("desk:list", args=[tab.slug])
            detail = "" if group.key == "streams" else group.title
            yield Entry(PLACES, tab.title, detail, address, keys=bound.get(f"go-{tab.slug}", ""))
    yield Entry(PLACES, "Search", address=reverse("desk:search"), keys=bound["search"])
    if seat.sees_everything:
        yield Entry(PLACES, "Figures of today", address=reverse("desk:today"), keys=bound["go-today"])
    yield Entry(PLACES, "Desk preferences", address=reverse("desk:preferences"))
    yield Entry(PLACES, "Keys", address=reverse("desk:keys"), keys=bound["keys"])
    yield Entry(PLACES, "Security of your account", address=reverse("account-security"))
    if seat.user.is_staff:
        yield Entry(PLACES, "Administration", address=reverse("admin:index"))


def _conversations(seat: Seat, question: str) -> list[Entry]:
    """Conversations that are not closed, by the customer's name or number."""
    addresses, contacts = address_ids(question), contact_ids(question)
    theirs = Conversation.objects.filter(Q(address__in=addresses) | Q(contact__in=contacts))
    rows = access.visible(seat.user).filter(pk__in=theirs.exclude(state=State.CLOSED).values("pk"))
    found = rows.select_related("queue", "address").order_by("-last_message_at", "-id")[:MOST_CONVERSATIONS]
    return [_conversation(conversation, seat) for conversation in found]


def _conversation(conversation: Conversation, seat: Seat) -> Entry:
    view = "my" if conversation.agent_id == seat.agent.pk else "ongoing"
    state = State(conversation.state).label
    detail = f"{conversation.address.readable} · {state} · {conversation.queue}"
    address = reverse("desk:conversation", args=[view, conversation.pk])
    return Entry(CONVERSATIONS, conversation.title, detail, address)
