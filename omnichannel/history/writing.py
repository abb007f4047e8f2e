"""A made-up history as rows: customers, conversations, what was said, and what became of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.models import Agent, User
from agents.roles import AGENT, give_role
from channels_app.models import Number, SmsNumber
from channels_app.models_deliveries import Delivery
from contacts.models import Address, Contact
from conversations.models import Conversation, Message, RoutingDecision, Session, State
from conversations.models_desk import Reading
from omnichannel.history.plan import IN, LINE, NOTE, OUT, Said, Story, stories
from omnichannel.history.tables import Table, in_bulk, moment
from omnichannel.history.words import FIRST_NAMES, LAST_NAMES, RARE, sayings
from routing.models import Queue

SPAN = timedelta(days=2 * 365)
EACH_CUSTOMER = 3  # conversations
SEED = 20261121
FAILURE = "The number does not take texts."


@dataclass(frozen=True)
class Team:
    """Whose work it was."""

    numbers: Sequence[Number]
    queues: Sequence[Queue]
    agents: Sequence[Agent]


def team(*, queues: int, agents: int) -> Team:
    """The installation's own, made up to so many; the made-up agents cannot log in."""
    for number in range(Queue.objects.count() + 1, queues + 1):
        Queue.objects.create(name=f"Team {number}", priority=100 + number)
    all_queues = list(Queue.objects.order_by("id"))
    for number in range(Agent.objects.count() + 1, agents + 1):
        user = User.objects.create_user(f"agent-{number}", first_name="Agent", last_name=str(number))
        give_role(user, AGENT)
        for queue in (all_queues[number % len(all_queues)], all_queues[number * 7 % len(all_queues)]):
            queue.members.add(user.agent)
    numbers = [n.number for n in SmsNumber.objects.select_related("number__account").order_by("id")]
    return Team(numbers, all_queues, list(Agent.objects.select_related("user").order_by("id")))


class History:
    """Writes block after block."""

    def __init__(self, of: Team, *, conversations: int, now: datetime) -> None:
        self.team, self.rng, self.now = of, random.Random(SEED), now  # noqa: S311
        self.sayings = sayings(self.rng)
        self.customers = max(conversations // EACH_CUSTOMER, 1, conversations // 10 + 64)
        self.streams = dict(SmsNumber.objects.values_list("number_id", "work_stream_id"))
        self.contacts = Table(
            Contact,
            *("first_name", "last_name", "mobile_phone", "first_key", "last_key"),
            created_at=moment(now - SPAN),
            modified_at=moment(now - SPAN),
        )
        self.addresses = Table(
            Address, "value", "contact_id", kind=Address.Kind.PHONE, created_at=moment(now - SPAN)
        )
        self.conversations = Table(
            Conversation,
            *("address_id", "number_id", "work_stream_id", "queue_id", "contact_id", "identification"),
            *("title", "state", "agent_id", "units", "transfer_count", "last_seq", "version", "created_at"),
            *("state_changed_at", "modified_at", "last_message_at", "last_inbound_at", "last_text"),
            *("closed_at", "closed_by_id", "last_inbound_seq", "customer_waits_since"),
            *("has_failed_message", "has_internal_message"),
        )
        self.messages = Table(
            Message,
            *("conversation_id", "seq", "direction", "text", "author_id", "delivery_id", "version"),
            "created_at",
        )
        self.deliveries = Table(
            Delivery,
            *("number_id", "account_id", "address_id", "text", "state", "left_at", "next_attempt_at"),
            *("external_id", "error", "explanation", "created_at", "state_changed_at"),
            attempts=1,
        )
        self.decisions = Table(
            RoutingDecision, "conversation_id", "work_stream_id", "queue_id", "reason", "decided_at"
        )
        self.sessions = Table(
            Session,
            *("conversation_id", "agent_id", "queue_id", "state", "created_at", "agent_accepted_at"),
            *("closed_at", "closure_reason"),
        )
        self.readings = Table(Reading, "user_id", "conversation_id", "seq", "read_at")
        self.tables = [
            *(self.contacts, self.addresses, self.conversations, self.deliveries, self.messages),
            *(self.decisions, self.sessions, self.readings),
        ]
        self.first_address = self.addresses.next_id
        self.names: list[tuple[int | None, str]] = []

    def write(self, *, conversations: int, messages: int) -> None:
        """All of it, in one transaction."""
        with in_bulk(self.tables):
            self._customers()
            told = stories(
                conversations=conversations,
                messages=messages,
                agents=len(self.team.agents),
                until=self.now,
                span=SPAN,
                rng=self.rng,
            )
            for block, said in told:
                first = self.conversations.next_id - block[0].number
                for story in block:
                    self._conversation(story)
                for one in said:
                    self._message(one, first + one.story.number)
                for table in self.tables:
                    table.write()
            for table in self.tables:
                table.flush()

    def _customers(self) -> None:
        """Three of five are known by name."""
        offset = self.first_address
        for number in range(self.customers):
            value, contact = f"+1206{(2_000_000 + offset + number) % 10_000_000:07d}", None
            title = f"Visitor {offset + number}"
            if number % 5 < 3:
                first, last = self.rng.choice(FIRST_NAMES), self.rng.choice(LAST_NAMES)
                contact = self.contacts.add(first, last, value, first.casefold(), last.casefold())
                title = f"{first} {last}"
            self.addresses.add(value, contact)
            self.names.append((contact, title))
            if number % 20_000 == 0:
                self.contacts.flush()
                self.addresses.flush()

    def _ours(self, story: Story) -> Number:
        return self.team.numbers[story.number % len(self.team.numbers)]

    def _queue(self, story: Story) -> Queue:
        return self.team.queues[story.number * 7 % len(self.team.queues)]

    def _conversation(self, story: Story) -> None:
        number, queue, customer = self._ours(story), self._queue(story), story.number % self.customers
        stream, (contact, title) = self.streams[number.pk], self.names[customer]
        agent = self.team.agents[story.agent].pk if story.agent is not None else None
        said, is_closed = story.said, story.state is State.CLOSED
        began, ended = moment(said[0].at), moment(said[-1].at)
        inbound = [one for one in said if one.direction == IN]
        spoken = [one for one in said if one.direction != LINE]
        waits = _unanswered(said) if not is_closed else None
        found = Conversation.Identification.ONE if contact else Conversation.Identification.NONE
        pk = self.conversations.add(
            *(self.first_address + customer, number.pk, stream, queue.pk, contact, found, title),
            *(story.state, agent if not is_closed else None, 20 if agent else 0, story.number % 3),
            *(len(said), len(said), began, ended, ended, ended, moment(inbound[-1].at)),
            *(self._words(spoken[-1]), ended if is_closed else None, agent if is_closed else None),
            *(inbound[-1].seq, moment(waits.at) if waits else None),
            *(int(any(one.has_failed for one in said)), int(any(one.direction == NOTE for one in said))),
        )
        self.decisions.add(pk, stream, queue.pk, "No rule is true.", began)
        if agent is not None and story.agent is not None:
            turn = (Session.State.CLOSED, ended, "agent_closed") if is_closed else ("active", None, "")
            self.sessions.add(pk, agent, queue.pk, turn[0], began, began, *turn[1:])
            if not is_closed:
                user = self.team.agents[story.agent].user_id
                self.readings.add(user, pk, said[len(said) // 2].seq, ended)

    def _message(self, one: Said, conversation: int) -> None:
        text, at, delivery, author = self._words(one), moment(one.at), None, None
        if one.direction in (OUT, NOTE):
            author = self.team.agents[one.story.agent or 0].user_id
        if one.direction == OUT:
            delivery = self._delivery(one, text, at)
        self.messages.add(conversation, one.seq, one.direction, text, author, delivery, one.seq, at)

    def _delivery(self, one: Said, text: str, at: str) -> int:
        number = self._ours(one.story)
        address = self.first_address + one.story.number % self.customers
        state, error, why = ("undelivered", "rejected", FAILURE) if one.has_failed else ("delivered", "", "")
        external = f"SM{self.deliveries.next_id:032x}"
        return self.deliveries.add(
            *(number.pk, number.account_id, address, text, state, at, at, external, error, why, at, at)
        )

    def _words(self, one: Said) -> str:
        if one.direction == LINE:
            return f"Routed to {self._queue(one.story).name}." if one.seq == 1 else "Picked."
        said = self.sayings[one.number * 7919 % len(self.sayings)]
        return f"{said} {RARE}" if one.is_rare else said


def _unanswered(said: Sequence[Said]) -> Said | None:
    """The customer's first text after our last."""
    answered = max((one.seq for one in said if one.direction == OUT), default=0)
    return next((one for one in said if one.direction == IN and one.seq > answered), None)
