"""What Twilio does by itself, on a long code, when a customer texts STOP, START or HELP.

The whole text must be the word; case and outer white space do not matter. After Twilio's documentation of
its default opt-out keywords, read 2026-11; the answers are in words of our own.
"""

from simulator.state import State

STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START = frozenset({"start", "yes", "unstop"})
HELP = frozenset({"help", "info"})

STOP_ANSWER = (
    "You are unsubscribed and will get no more texts from this number. Send START to get them again."
)
START_ANSWER = (
    "You are subscribed again and will get texts from this number. Send STOP to end them, HELP for help."
)
HELP_ANSWER = "Send STOP to get no more texts from this number. Charges of your operator may apply."


def apply_keyword(state: State, *, customer: str, number: str, body: str) -> str:
    """Open or close the pair as the text asks, and return Twilio's answer to it ("" when it has none).

    STOP is answered once only, and START or YES mean nothing while the pair is open.
    """
    word = body.strip().lower()
    if word in STOP and state.close_pair(customer, number):
        return STOP_ANSWER
    if word in START and state.open_pair(customer, number):
        return START_ANSWER
    return HELP_ANSWER if word in HELP else ""
