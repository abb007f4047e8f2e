"""The pane beside the thread: who the customer is, what is known of them, why the conversation is here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.models import User
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import OptOut
from contacts.models import FOR_EVER, Address, Contact, Note
from contacts.search import contacts_matching
from contacts.services import with_mobile
from contacts.who import full_names
from conversations import access
from conversations.customer_forms import BlockForm, ContactNoteForm, NewContactForm, new_contact_form
from conversations.models import Conversation, RoutingDecision, State
from conversations.presenters import initials
from conversations.situation import Situation
from conversations.trial import shown_masked
from conversations.worklists import Seat
from omnichannel.lib import phones
from omnichannel.lib.phone_times import local_time
from routing.conditions import FIELDS

LONGEST_QUESTION = 100
MOST_FOUND = 8
MOST_ADDRESSES = 20
MOST_NOTES = 20
MOST_EARLIER = 10
# The documents' own sentences.
IDENTIFICATION = {
    Conversation.Identification.SEVERAL: "One or more records found. Select a record or create new",
    Conversation.Identification.NONE: "No records found. Search for an existing customer record or create a "
    "new one to link to this conversation",
}
VERDICT_WORDS = {"true": "true", "false": "not true", "skipped": "not asked, an earlier one was true"}


@dataclass(frozen=True)
class Candidate:
    """A contact that may be the customer; the number as this person may read it."""

    id: int
    name: str
    company: str
    number: str
    email: str


@dataclass(frozen=True)
class Place:
    """One of the customer's addresses, and what keeps texts from or to it."""

    id: int
    value: str
    is_this: bool  # the conversation's own
    blocked: str
    stopped: list[str]  # our numbers that they texted STOP to

    @property
    def is_free(self) -> bool:
        """Whether nothing keeps them."""
        return not self.blocked and not self.stopped


@dataclass(frozen=True)
class Written:
    """A note about the contact."""

    text: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Why:
    """A routing decision: the rules' verdicts, and the facts they were asked about."""

    reason: str
    queue: str
    decided_at: datetime
    verdicts: list[tuple[str, str]]
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class Who:
    """Who the customer is, with all that is no field to type in."""

    initials: str
    identification: str
    may_link: bool
    local_time: str
    places: list[Place]
    candidates: list[Candidate]
    # Whether later texts from the address find the contact because it is linked to them.
    is_remembered: bool


@dataclass(frozen=True)
class Work:
    """What can be done about them: find and add a contact, write notes, block. And the notes there are."""

    may_link: bool
    may_note: bool
    may_block: bool
    notes: list[Written]
    has_more_notes: bool
    contact_form: NewContactForm | None
    note_form: ContactNoteForm
    block_form: BlockForm


@dataclass(frozen=True)
class Around:
    """What surrounds the conversation."""

    scheduled: int
    earlier: list[Conversation]
    why: Why | None


def who(seat: Seat, situation: Situation) -> Who:
    """Read it: a bounded number of rows, the same number of statements for any customer."""
    conversation = situation.conversation
    contact, address = conversation.contact, conversation.address
    found = Conversation.Identification(conversation.identification)
    return Who(
        initials=initials(conversation.title),
        identification="" if contact else IDENTIFICATION.get(found, ""),
        may_link=is_own(conversation, seat),
        local_time=_local_time(address, situation.now),
        places=_places(conversation, seat.user, situation.now),
        candidates=[] if contact else candidates(with_mobile(address).order_by("id"), seat.user),
        is_remembered=contact is not None and address.contact_id == contact.pk,
    )


def work(seat: Seat, situation: Situation) -> Work:
    """The same of what can be done."""
    conversation = situation.conversation
    contact, address = conversation.contact, conversation.address
    notes = _notes(contact) if contact else []
    may_link = contact is None and is_own(conversation, seat)
    return Work(
        may_link=may_link,
        may_note=contact is not None and situation.may_act,
        may_block=situation.may_act and not address.is_blocked(situation.now),
        notes=notes[:MOST_NOTES],
        has_more_notes=len(notes) > MOST_NOTES,
        contact_form=new_contact_form(address) if may_link else None,
        note_form=ContactNoteForm(),
        block_form=BlockForm(initial={"address": address.pk}),
    )


def around(seat: Seat, situation: Situation) -> Around:
    """The same of what surrounds it."""
    conversation = situation.conversation
    decision = conversation.decisions.select_related("queue").order_by("-id").first()
    return Around(
        scheduled=_scheduled(conversation, situation.now),
        earlier=earlier(conversation, seat=seat),
        why=_why(decision),
    )


def is_own(conversation: Conversation, seat: Seat) -> bool:
    """Whether this person says whose conversation it is: only while it is theirs, and not closed."""
    return conversation.agent_id == seat.agent.pk and conversation.state != State.CLOSED


def _local_time(address: Address, now: datetime) -> str:
    if address.kind != Address.Kind.PHONE:
        return ""
    there = local_time(address.value, now=now)
    return there.words(here=timezone.localtime(now)) if there else ""


# --- addresses -------------------------------------------------------------------------------------


def _places(conversation: Conversation, user: User, now: datetime) -> list[Place]:
    """The conversation's address first, then the contact's others, those masked without the right."""
    own, others = conversation.address, []
    if conversation.contact_id:
        rows = Address.objects.filter(contact=conversation.contact_id).exclude(pk=own.pk)
        others = list(rows.order_by("-id")[:MOST_ADDRESSES])
    addresses = [own, *others]
    stopped: dict[int, list[str]] = {}
    opt_outs = OptOut.objects.filter(address__in=addresses, ended_at=None).order_by("id")
    for address_id, number in opt_outs.values_list("address_id", "number__value"):
        stopped.setdefault(address_id, []).append(f"+{number}")
    return [
        Place(
            id=address.pk,
            value=address.readable if address is own or user.sees_numbers else phones.masked(address.value),
            is_this=address is own,
            blocked=_blocked(address, now),
            stopped=stopped.get(address.pk, []),
        )
        for address in addresses
    ]


def _blocked(address: Address, now: datetime) -> str:
    """For how long it is blocked, in words; empty when it is not."""
    if not address.is_blocked(now):
        return ""
    assert address.blocked_until is not None
    if address.blocked_until == FOR_EVER:
        return "for ever"
    return f"until {timezone.localtime(address.blocked_until):%-d %B %Y, %H:%M}"


def _scheduled(conversation: Conversation, now: datetime) -> int:
    """Texts of ours that wait for their moment."""
    waiting = Delivery.objects.filter(message__conversation=conversation, state=Delivery.State.PENDING)
    return waiting.filter(not_before__gt=now).count()


# --- people ----------------------------------------------------------------------------------------


def find(text: str, user: User) -> list[Candidate]:
    """Contacts by the beginning of their names or company, by number in any form or e-mail; newest first.

    One more than MOST_FOUND when there are more; none for nothing.
    """
    text = text.replace("\x00", "")[:LONGEST_QUESTION]
    if not text.strip():
        return []
    return candidates(
        contacts_matching(Contact.objects.select_related("account"), text).order_by("-id"), user
    )


def candidates(contacts: QuerySet[Contact], user: User) -> list[Candidate]:
    """The first of them, as this person may read them."""
    return [_candidate(contact, user) for contact in contacts[: MOST_FOUND + 1]]


def _candidate(contact: Contact, user: User) -> Candidate:
    number = contact.mobile_phone or ""
    return Candidate(
        id=contact.pk,
        name=contact.full_name,
        company=contact.account.name if contact.account else "",
        number=phones.readable(number) if user.sees_numbers else phones.masked(number),
        email=contact.email,
    )


def _notes(contact: Contact) -> list[Written]:
    rows: Iterable[Note] = list(contact.notes.order_by("-id")[: MOST_NOTES + 1])
    people = full_names(note.author for note in rows) if rows else {}
    return [Written(note.text, people.get(note.author, note.author), note.created_at) for note in rows]


def earlier(conversation: Conversation, *, seat: Seat) -> list[Conversation]:
    """Other conversations of the address or the contact that this person may read, newest first."""
    same = Q(address_id=conversation.address_id)
    if conversation.contact_id:
        same |= Q(contact_id=conversation.contact_id)
    others = access.visible(seat.user).filter(same).exclude(pk=conversation.pk)
    return list(others.select_related("queue", "closed_by__user").order_by("-id")[:MOST_EARLIER])


# --- why here --------------------------------------------------------------------------------------


def _why(decision: RoutingDecision | None) -> Why | None:
    """The decision in words. Numbers are masked for everybody: the last digits tell which one was meant."""
    if decision is None:
        return None
    words = dict(FIELDS)
    return Why(
        reason=decision.reason,
        queue=decision.queue.name,
        decided_at=decision.decided_at,
        verdicts=[(v["name"], VERDICT_WORDS.get(v["result"], v["result"])) for v in decision.verdicts],
        facts=[
            (words.get(name, name), shown_masked(name, str(value)))
            for name, value in decision.facts.items()
            if value
        ],
    )
