"""What was said, by whom, and where the conversation stands."""

from django.db import models
from django.db.models import Q

from agents.models import Agent, User
from channels_app.models import Number
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText
from contacts.models import Address, Contact
from routing.models import Queue, RoutingRule, WorkStream


class State(models.TextChoices):
    """Where a conversation stands. Changes only along conversations.transitions."""

    OPEN = "open", "Open"  # in a queue, nobody's
    ACTIVE = "active", "Active"  # an agent works on it
    WAITING = "waiting", "Waiting"  # parked until the customer writes again
    WRAP_UP = "wrap_up", "Wrap-up"  # ended; the agent finishes notes
    CLOSED = "closed", "Closed"  # final


# What indexes of ongoing conversations hold; a query must say it in these words.
GOES_ON = ~Q(state="closed")


class Conversation(models.Model):
    """A work item: what one customer address and one number of ours say to each other until it is closed.

        (new) -> open -> active -> wrap_up -> closed
                  ^  ^     |  ^
                  |  +-----+  |      release, transfer to a queue
                  |        v  |
                  +---- waiting ---> closed (no activity)

    `version` grows by one with every change that somebody can see, under the row's lock; it is what the
    desk's feed compares.
    """

    class Identification(models.TextChoices):
        """How many records the customer's address led to."""

        ONE = "one"
        SEVERAL = "several"
        NONE = "none"

    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="conversations")
    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="conversations")
    work_stream = models.ForeignKey(WorkStream, on_delete=models.PROTECT, related_name="conversations")
    # Found by conversation_by_queue, and the agent's by conversation_by_agent.
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="conversations", db_index=False)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    identification = models.CharField(max_length=8, choices=Identification.choices)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    # The primary agent; while Waiting, the one who parked it.
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    units = models.PositiveIntegerField(
        default=0, help_text="Capacity it takes, copied from the work stream at assignment."
    )
    transfer_count = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField()
    state_changed_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    last_message_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField()
    window_closes_at = models.DateTimeField(
        null=True, blank=True, help_text="Until when free text can be sent; empty: always."
    )
    last_text = models.CharField(max_length=160, blank=True, help_text="The beginning of the last message.")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="closed_conversations"
    )
    # What lists ask for, kept with what it follows from.
    last_inbound_seq = models.PositiveIntegerField(default=0, db_default=0)
    customer_waits_since = models.DateTimeField(
        null=True, blank=True, help_text="Their first text that nobody has answered; empty: all are answered."
    )
    has_failed_message = models.BooleanField(
        default=False, db_default=False, help_text="A text of ours did not arrive and was not tried again."
    )
    has_internal_message = models.BooleanField(default=False, db_default=False)

    # Whom a change has to be told beside those who see it afterwards (see changes.begin). No column.
    shown_to: frozenset[str] = frozenset()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address", "number"], condition=~Q(state="closed"), name="conversation_one_not_closed"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "wrap_up"], agent__isnull=False)
                | Q(state="open", agent__isnull=True)
                | Q(state__in=["waiting", "closed"]),
                name="conversation_agent_fits_state",
            ),
        ]
        indexes = [
            # Open work items of some queues, longest waiting first; also what the sweep looks at. Holds all
            # that their order asks for: a backlog is sorted without reading its rows.
            models.Index(
                fields=["state", "queue", "state_changed_at", "id"],
                name="ongoing_worklist",
                condition=~Q(state="closed"),
            ),
            # My work items, and an agent's used capacity.
            models.Index(
                fields=["agent", "state"], name="conversation_of_agent", condition=~Q(state="closed")
            ),
            # Closed work items of an agent in the last 24 hours.
            models.Index(
                fields=["closed_by", "-closed_at"], name="conversation_closed_by", condition=Q(state="closed")
            ),
            # What closes soon: few at any time.
            models.Index(
                fields=["window_closes_at"],
                name="conversation_window",
                condition=~Q(state="closed") & Q(window_closes_at__isnull=False),
            ),
            # The figures of today: what began, and what was closed.
            models.Index(fields=["-created_at", "-id"], name="conversation_begun"),
            models.Index(
                fields=["-closed_at", "-id"], name="conversation_closed", condition=Q(state="closed")
            ),
            models.Index(fields=["address", "-id"], name="conversation_by_address"),
            models.Index(fields=["contact", "-id"], name="conversation_by_contact"),
            # All conversations, those of a queue, those of an agent: by last activity.
            models.Index(fields=["-last_message_at", "-id"], name="conversation_by_activity"),
            models.Index(fields=["queue", "-last_message_at", "-id"], name="conversation_by_queue"),
            models.Index(fields=["agent", "-last_message_at", "-id"], name="conversation_by_agent"),
            models.Index(
                fields=["-last_message_at", "-id"],
                name="conversation_failed",
                condition=Q(has_failed_message=True),
            ),
            # What is going on, in each order of a list.
            models.Index(fields=["-last_message_at", "-id"], name="ongoing_by_activity", condition=GOES_ON),
            models.Index(
                fields=["queue", "-last_message_at", "-id"], name="ongoing_by_queue", condition=GOES_ON
            ),
            models.Index(fields=["-id"], name="ongoing_newest", condition=GOES_ON),
            models.Index(fields=["-transfer_count", "-id"], name="ongoing_by_transfers", condition=GOES_ON),
            models.Index(
                fields=["customer_waits_since", "id"],
                name="ongoing_by_waiting",
                condition=GOES_ON & Q(customer_waits_since__isnull=False),
            ),
            models.Index(
                fields=["-last_message_at", "-id"],
                name="ongoing_failed",
                condition=GOES_ON & Q(has_failed_message=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Session(models.Model):
    """One agent's turn at a conversation."""

    class State(models.TextChoices):
        """Whether the turn goes on."""

        ACTIVE = "active"
        CLOSED = "closed"

    class ClosureReason(models.TextChoices):
        """Why the turn ended."""

        AGENT_CLOSED = "agent_closed"  # closed without End: the conversation waits
        CONVERSATION_CLOSED = "conversation_closed"
        CONVERSATION_TIMEOUT = "conversation_timeout"
        AGENT_REROUTED = "agent_rerouted"  # released to its queue
        AGENT_TRANSFER_TO_QUEUE = "agent_transfer_to_queue"
        SUPERVISOR_TOOK_OVER = "supervisor_took_over"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="sessions")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="sessions")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="sessions")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField()
    agent_accepted_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closure_reason = models.CharField(max_length=32, choices=ClosureReason.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state="active"), name="session_one_active"
            )
        ]
        indexes = [models.Index(fields=["agent", "-id"], name="session_by_agent")]

    def __str__(self) -> str:
        return f"Session {self.pk} of {self.agent}"


class Message(models.Model):
    """One entry of a conversation's thread; `seq` orders them without gaps."""

    class Direction(models.TextChoices):
        """Who said it to whom."""

        INBOUND = "inbound"  # the customer to us
        OUTBOUND = "outbound"  # us to the customer
        INTERNAL = "internal"  # among us; never reaches a provider
        SYSTEM = "system"  # what happened

    # Found by message_in_thread.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    seq = models.PositiveIntegerField()
    direction = models.CharField(max_length=8, choices=Direction.choices)
    text = models.TextField(blank=True)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="messages")
    inbound_text = models.OneToOneField(
        InboundText, null=True, on_delete=models.PROTECT, related_name="message"
    )
    # Which message of the same pair the customer answered, when the channel tells.
    in_reply_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="answers"
    )
    # The latest delivery; earlier ones hang on its retry_of.
    delivery = models.OneToOneField(Delivery, null=True, on_delete=models.PROTECT, related_name="message")
    version = models.PositiveBigIntegerField(help_text="The conversation's version when it last changed.")
    cancel_if_customer_writes = models.BooleanField(
        default=False, db_default=False, help_text="Sent later, and not at all if the customer writes before."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once"),
            models.CheckConstraint(
                condition=Q(direction="outbound", delivery__isnull=False)
                | (~Q(direction="outbound") & Q(delivery__isnull=True)),
                name="message_only_outbound_is_delivered",
            ),
        ]
        indexes = [
            # "What changed since version n?"
            models.Index(fields=["conversation", "version"], name="message_by_version"),
            # Who spoke last and how much is unread: lists ask this of each row, and read no message for it.
            models.Index(fields=["conversation", "seq", "direction", "author"], name="message_in_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.seq}"


class RoutingDecision(models.Model):
    """Why a conversation went to its queue: the facts, and what each rule said of them."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="decisions")
    # As the conversation's, which stays; here for the index.
    work_stream = models.ForeignKey(
        WorkStream, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="decisions")
    rule = models.ForeignKey(RoutingRule, null=True, on_delete=models.SET_NULL, related_name="decisions")
    reason = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    verdicts = models.JSONField(default=list)
    decided_at = models.DateTimeField()

    class Meta:
        # Last week's decisions of a stream, newest first: what a rule would have taken.
        indexes = [models.Index(fields=["work_stream", "-decided_at", "-id"], name="decision_of_stream")]

    def __str__(self) -> str:
        return self.reason


# Parts of this module for Django, each in a file of its own; everybody else imports from there.
from conversations import models_desk, models_quick_replies  # noqa: E402, F401
