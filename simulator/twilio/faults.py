"""What can go wrong on request: magic recipient numbers and faults planned through the control API.

After the idea of Twilio's test credentials, the number a text is sent to decides what becomes of it:

    +15005550001  refuse_21211        not a valid number
    +15005550003  refuse_21408        region not enabled
    +15005550004  refuse_21610        has unsubscribed
    +15005550009  refuse_21614        not a mobile number
    +15005550101  undelivered_30003   sent, then undelivered: phone unreachable
    +15005550102  undelivered_30005   sent, then undelivered: unknown number
    +15005550103  failed_30008        accepted, then failed: unknown error
    +15005550104  failed_21610        accepted, then failed: has unsubscribed
    +15005550105  error_before        HTTP 500, not accepted
    +15005550106  error_after         HTTP 500 although accepted
    +15005550107  hang                accepted, but the answer takes 40 seconds
    +15005550108  reset               accepted, but the connection breaks before the answer
    +15005550109  throttled_twice     HTTP 429 (20429) twice, then accepted
    +15005550110  no_sid              accepted, HTTP 201 without a sid
    +15005550111  failed_at_once      HTTP 201 that already says failed (30007)
    +15005550112  broken_json         accepted, HTTP 201 with half an answer
    +15005550113  silent              accepted, stays queued, no callback ever
    +15005550114  redirect            HTTP 302, not accepted
    +15005550115  early               the first callback comes before the answer

As a planned fault, the words of simulator.faults are taken with any of Twilio's codes.
"""

from simulator.faults import Fault, MagicNumber
from simulator.faults import parse_fault as parse_any
from simulator.twilio.errors import ERRORS

# Carrier filtering, a code for which a second attempt is wrong.
FAILED_AT_ONCE_CODE = 30007

MAGIC_NUMBERS = (
    MagicNumber("+15005550001", "refuse_21211", "refused: not a valid number (21211)"),
    MagicNumber("+15005550003", "refuse_21408", "refused: region not enabled (21408)"),
    MagicNumber("+15005550004", "refuse_21610", "refused: has unsubscribed (21610)"),
    MagicNumber("+15005550009", "refuse_21614", "refused: not a mobile number (21614)"),
    MagicNumber("+15005550101", "undelivered_30003", "sent, then undelivered: phone unreachable (30003)"),
    MagicNumber("+15005550102", "undelivered_30005", "sent, then undelivered: unknown number (30005)"),
    MagicNumber("+15005550103", "failed_30008", "accepted, then failed: unknown error (30008)"),
    MagicNumber("+15005550104", "failed_21610", "accepted, then failed: has unsubscribed (21610)"),
    MagicNumber("+15005550105", "error_before", "HTTP 500, not accepted"),
    MagicNumber("+15005550106", "error_after", "HTTP 500 although the text was accepted"),
    MagicNumber("+15005550107", "hang", "accepted, but the answer takes 40 seconds"),
    MagicNumber("+15005550108", "reset", "accepted, but the connection breaks"),
    MagicNumber("+15005550109", "throttled_twice", "HTTP 429 twice, then accepted"),
    MagicNumber("+15005550110", "no_sid", "accepted, but the answer names no sid"),
    MagicNumber("+15005550111", "failed_at_once", "the answer already says failed (30007)"),
    MagicNumber("+15005550112", "broken_json", "accepted, but the answer is cut in half"),
    MagicNumber("+15005550113", "silent", "accepted, stays queued, no callback ever"),
    MagicNumber("+15005550114", "redirect", "HTTP 302, not accepted"),
    MagicNumber("+15005550115", "early", "first callback before the answer"),
)
# For texts over WhatsApp; from the HTTP 500 on, they are the same as above.
WHATSAPP_NUMBERS = (
    MagicNumber("+15005550001", "refuse_21211", "refused: not a valid number (21211)"),
    MagicNumber("+15005550101", "failed_63003", "accepted, then failed: not on WhatsApp (63003)"),
    MagicNumber("+15005550102", "failed_63024", "accepted, then failed: cannot get it (63024)"),
    MagicNumber("+15005550103", "failed_63049", "accepted, then failed: Meta held it back (63049)"),
    MagicNumber("+15005550104", "failed_63016", "accepted, then failed: window closed (63016)"),
    *(magic for magic in MAGIC_NUMBERS if magic.number >= "+15005550105"),
)
# How the whole API behaves until told otherwise, and the fault that stands for it.
MODES = {
    "normal": "",
    "slow": "hang_before",
    "throttled": "refuse_20429",
    "unreachable": "reset_before",
    "broken": "error_before",
}
FAULT_BY_NUMBER = {
    **{magic.number: magic.fault for magic in MAGIC_NUMBERS},
    **{f"whatsapp:{magic.number}": magic.fault for magic in WHATSAPP_NUMBERS},
}


def parse_fault(text: str) -> Fault:
    """Raises UnknownFaultError."""
    return parse_any(text, ERRORS)
