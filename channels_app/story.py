"""What became of a delivery, in words: what happened, whether it may work later, and the next step. Pure."""

from dataclasses import dataclass

from channels_app.models_deliveries import Delivery
from channels_app.providers.base import Error

S = Delivery.State


@dataclass(frozen=True)
class Story:
    """`prospect`: may it work later, will it not, or is it our own fault? Empty where nothing is wrong."""

    happened: str
    prospect: str = ""
    next_step: str = "Nothing to do."


HAPPENED = {
    S.PENDING: "It waits for its turn.",
    S.LEAVING: "It is being handed to the provider at this moment.",
    S.UNKNOWN: "Nobody knows whether the provider took it.",
    S.ACCEPTED: "The provider took it.",
    S.SCHEDULED: "The provider took it and sends it later.",
    S.QUEUED: "The provider took it; it waits there.",
    S.SENDING: "The provider is handing it to the carrier.",
    S.SENT: "The carrier has it. Whether it arrived, some carriers never say.",
    S.CANCELED: "It was cancelled before it left.",
    S.FAILED: "It was not sent.",
    S.UNDELIVERED: "The carrier did not deliver it.",
    S.DELIVERED: "It arrived.",
    S.READ: "It arrived and was read.",
}
OURS = "Our own fault, or our set-up's."
LATER, NEVER = "It may work later.", "It will not work, however often it is tried."
# Our word for what went wrong -> its prospect, and the next step.
TROUBLES: dict[str, tuple[str, str]] = {
    Error.BAD_CREDENTIALS: (OURS, "Validate API Key on the SMS Settings, mend what it says, then try again."),
    Error.BAD_NUMBER: (NEVER, "Ask the customer for another number, by another way."),
    Error.OPTED_OUT: (NEVER, "Wait until the customer texts START."),
    Error.WINDOW_CLOSED: (LATER, "Send a content template, or wait until the customer writes again."),
    Error.CONTENT_REFUSED: (NEVER, "Write it differently, and send it as a new text."),
    Error.THROTTLED: (LATER, "It is tried again by itself; if it failed for good, try again more slowly."),
    Error.UNAVAILABLE: (LATER, "Try again from the conversation."),
    Error.OTHER: ("", "Read what the provider says about its code, then try again if that helps."),
}
UNKNOWN = Story(
    HAPPENED[S.UNKNOWN],
    LATER,
    "Where the provider can be asked, it is looked for by itself. If that does not settle it, a person "
    "decides: sent again, it may arrive twice.",
)


def story(delivery: Delivery) -> Story:
    """What became of a delivery."""
    state = S(delivery.state)
    if state is S.UNKNOWN:
        return UNKNOWN
    happened = f"{HAPPENED[state]} {delivery.explanation}".strip()
    if state is S.PENDING:
        waits = "It is sent by itself. If it stays so, see whether the task queue runs (/readyz)."
        return Story(happened, LATER if delivery.error else "", waits)
    if state is S.CANCELED:
        return Story(happened, NEVER, "Send it as a new text once the reason is gone.")
    if state not in {S.FAILED, S.UNDELIVERED}:
        return Story(happened)
    prospect, step = trouble(delivery.error)
    return Story(happened, prospect, step)


def trouble(error: str) -> tuple[str, str]:
    """Prospect and next step of our word for what went wrong."""
    return TROUBLES.get(error, TROUBLES[Error.OTHER])
