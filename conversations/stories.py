"""What became of a text of ours, for whoever wrote it: a word, a sentence, a prospect, a next step. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from channels_app import status
from channels_app.models_deliveries import Delivery, DeliveryEvent
from channels_app.providers import REGISTRY
from channels_app.providers.base import Error
from channels_app.story import NEVER, UNKNOWN, trouble
from conversations.failures import CLOSED, CUSTOMER_WROTE, TAKEN_BACK
from conversations.later import is_scheduled

S = Delivery.State
# Word, mark, tone. The mark never stands alone.
WORDS = {
    S.PENDING: ("waiting to leave", "…", ""),
    S.LEAVING: ("leaving", "…", ""),
    S.UNKNOWN: ("unknown", "?", "warn"),
    S.ACCEPTED: ("accepted", "…", ""),
    S.SCHEDULED: ("scheduled", "…", ""),
    S.QUEUED: ("queued", "…", ""),
    S.SENDING: ("sending", "…", ""),
    S.SENT: ("sent", "✓", ""),
    S.CANCELED: ("not sent", "✕", "bad"),
    S.FAILED: ("not delivered", "✕", "bad"),
    S.UNDELIVERED: ("not delivered", "✕", "bad"),
    S.DELIVERED: ("delivered", "✓✓", ""),
    S.READ: ("read", "✓✓", "ok"),
}
# Called off on purpose, by our word on the delivery: word, mark, tone, and a sentence.
CALLED_OFF = {
    TAKEN_BACK: ("taken back", "↩", "off", "Taken back before it left."),
    CUSTOMER_WROTE: ("not sent", "✕", "warn", "Not sent, as asked: the customer wrote before it was due."),
    CLOSED: ("not sent", "✕", "off", "Not sent: the conversation was closed before it was due."),
}
BEFORE_EXPLANATION = {
    S.PENDING: "Not sent yet, tried again by itself",
    S.UNKNOWN: "Nobody knows whether it arrived",
    S.CANCELED: "Not sent",
    S.FAILED: "Not delivered",
    S.UNDELIVERED: "Not delivered",
}
TRY_AGAIN = "Try again."
# Our word for what went wrong -> the next step of an agent.
STEPS: dict[str, str] = {
    Error.BAD_CREDENTIALS: "Tell an administrator; once it is mended, try again.",
    Error.BAD_NUMBER: "Ask the customer for another number, by another way.",
    Error.OPTED_OUT: "Wait until the customer texts START.",
    Error.WINDOW_CLOSED: "Send a content template.",
    Error.CONTENT_REFUSED: "Write it differently, as a new text.",
    Error.THROTTLED: "Try again in a few minutes.",
    Error.UNAVAILABLE: TRY_AGAIN,
    Error.OTHER: "Read what the provider says, then try again.",
}
NOT_HERE = "Whoever has the conversation can try again."
# What happened, by the word of its event; the provider's own words are shown as they are.
HAPPENED = {
    "leaving": "Handed to the provider",
    "not_sent": "Did not reach the provider; tried again by itself",
    "refused": "The provider refused it",
    "unknown": "No clear answer from the provider",
    "found": "Found at the provider",
    "surely_not": "Looked for at the provider: it never came there",
    "mistaken": "The provider's id was another text's",
    "canceled": "Called off before it left",
    "rescheduled": "Moved to another time",
    "hastened": "To be sent at once",
    "given_up": "Given up",
    "accepted": "The provider took it",
}


@dataclass(frozen=True)
class Story:
    """`prospect`: may it work later, will it not, or is it our own fault? Empty where nothing is wrong.

    `sentence` is there only when there is something to explain; `next_step` is one, or empty.
    """

    word: str
    mark: str
    tone: str
    sentence: str
    prospect: str
    next_step: str
    code: str
    code_url: str
    at: datetime
    delivery_id: int
    may_retry: bool
    may_arrive_twice: bool


@dataclass(frozen=True)
class Step:
    """One thing that happened to a text: in our words, or in the provider's (`is_quoted`)."""

    at: datetime
    words: str
    is_quoted: bool
    code: str
    code_url: str
    detail: str


def story(delivery: Delivery, *, provider: str, may_retry: bool) -> Story:
    """A delivery's story; `may_retry`: whether the reader may send something in this conversation."""
    state = S(delivery.state)
    word, mark, tone = WORDS[state]
    if state is S.PENDING and is_scheduled(delivery.not_before, written=delivery.created_at):
        word = "scheduled"
    sentence = _sentence(state, delivery.explanation)
    prospect, step = _what_next(delivery, state, may_retry=may_retry)
    if state is S.CANCELED and delivery.error in CALLED_OFF:
        word, mark, tone, sentence = CALLED_OFF[delivery.error]
        prospect, step = "", ""
    return Story(
        word=word,
        mark=mark,
        tone=tone,
        sentence=sentence,
        prospect=prospect,
        next_step=step,
        code=delivery.provider_code,
        code_url=code_url(provider, delivery.provider_code),
        at=delivery.state_changed_at,
        delivery_id=delivery.pk,
        may_retry=may_retry and state in status.RETRYABLE,
        may_arrive_twice=state is S.UNKNOWN,
    )


def code_url(provider: str, code: str) -> str:
    """Where the provider explains a code of its own; empty when nowhere."""
    return REGISTRY[provider].error_url(code) if code else ""


def _sentence(state: Delivery.State, explanation: str) -> str:
    if state is S.PENDING and not explanation:
        return ""
    start = BEFORE_EXPLANATION.get(state)
    if start is None:
        return ""
    return f"{start}: {explanation}" if explanation else f"{start}."


def _what_next(delivery: Delivery, state: Delivery.State, *, may_retry: bool) -> tuple[str, str]:
    """Prospect and next step; both empty where nothing is wrong."""
    if state is S.CANCELED:
        return NEVER, "Write it anew once the reason is gone."
    if state is S.UNKNOWN:
        step = "Wait: it may still be settled by itself. Sent again, it may arrive twice."
        return UNKNOWN.prospect, step
    if state not in {S.FAILED, S.UNDELIVERED}:
        return "", ""
    step = STEPS.get(delivery.error, STEPS[Error.OTHER])
    return trouble(delivery.error)[0], step if may_retry or step != TRY_AGAIN else NOT_HERE


def steps(events: Iterable[DeliveryEvent], *, provider: str) -> list[Step]:
    """The events in words, in their order."""
    return [
        Step(
            at=event.at,
            words=HAPPENED.get(event.word, event.word.replace("_", " ")),
            is_quoted=event.word not in HAPPENED,
            code=event.provider_code,
            code_url=code_url(provider, event.provider_code),
            detail=event.detail,
        )
        for event in events
    ]
