"""The numbers with a fate for texts through TeleSign: the same as for Twilio, with TeleSign's own codes."""

from simulator.faults import Fault, MagicNumber
from simulator.faults import parse_fault as parse_any
from simulator.telesign.errors import ERRORS

MAGIC_NUMBERS = (
    MagicNumber("+15005550001", "refuse_11000", "refused: not a valid number (11000)"),
    MagicNumber("+15005550003", "refuse_11001", "refused: country not enabled (11001)"),
    MagicNumber("+15005550004", "undelivered_510", "sent, then undelivered: blocked by the carrier (510)"),
    MagicNumber("+15005550009", "undelivered_222", "sent, then undelivered: not a mobile number (222)"),
    MagicNumber("+15005550101", "undelivered_210", "sent, then undelivered: phone unreachable (210)"),
    MagicNumber("+15005550102", "undelivered_507", "sent, then undelivered: unknown number (507)"),
    MagicNumber("+15005550103", "undelivered_207", "sent, then undelivered: unknown error (207)"),
    MagicNumber("+15005550104", "failed_230", "accepted, then blocked by TeleSign (230)"),
    MagicNumber("+15005550105", "error_before", "HTTP 500, not accepted"),
    MagicNumber("+15005550106", "error_after", "HTTP 500 although the text was accepted"),
    MagicNumber("+15005550107", "hang", "accepted, but the answer takes 40 seconds"),
    MagicNumber("+15005550108", "reset", "accepted, but the connection breaks"),
    MagicNumber("+15005550109", "throttled_twice", "HTTP 429 twice, then accepted"),
    MagicNumber("+15005550110", "no_sid", "accepted, but the answer names no reference ID"),
    MagicNumber("+15005550111", "failed_at_once", "the answer already says that it was not attempted (500)"),
    MagicNumber("+15005550112", "broken_json", "accepted, but the answer is cut in half"),
    MagicNumber("+15005550113", "silent", "accepted, stays in progress, no report ever"),
    MagicNumber("+15005550114", "redirect", "HTTP 302, not accepted"),
    MagicNumber("+15005550115", "early", "first report before the answer"),
)
# How the whole API behaves until told otherwise, and the fault that stands for it.
MODES = {
    "normal": "",
    "slow": "hang_before",
    "throttled": "refuse_10019",
    "unreachable": "reset_before",
    "broken": "error_before",
}
FAULT_BY_NUMBER = {magic.number: magic.fault for magic in MAGIC_NUMBERS}


def parse_fault(text: str) -> Fault:
    """Raises UnknownFaultError."""
    return parse_any(text, ERRORS)
