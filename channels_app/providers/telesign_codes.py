"""TeleSign's status and error codes in our words, with a sentence for the agent.

Sources: developer.telesign.com, status codes of SMS delivery reports and errors of POST /v1/messaging, read
2026-11; negative codes of five digits are those of the older answers (errors[].code).
"""

from channels_app.providers.base import Error

E = Error
ADMIN = "An administrator must look at the set-up."
LATER = "May work later."
NEVER = "It will not work for this number."
SUPPORT = "TeleSign's support can tell why."

# Status of a text -> our state. None: it changes nothing, and is kept as an event.
STATUSES: dict[int, str | None] = {
    290: "sending",
    292: "sending",
    295: None,
    203: "sent",
    251: "sent",
    200: "delivered",
    201: "delivered",
    250: None,
    599: None,
    **dict.fromkeys((207, 210, 211, 220, 221, 222), "undelivered"),
    **dict.fromkeys((229, 230, 231, 233, 237, 238), "failed"),
    **dict.fromkeys((503, 504, 505, 506, 507, 510, 511, 512, 513, 514, 515, 520), "undelivered"),
    **dict.fromkeys((500, 501, 502, 508, 509, 521), "failed"),
}
# What is worth a sentence though nothing is wrong.
REMARKS = {
    201: "It arrived; TeleSign finds the traffic suspicious.",
    250: "TeleSign could not find out what became of it.",
    251: "The carrier has it, but told nothing for twelve hours.",
    295: "The carrier's word is late.",
    599: "TeleSign has no status for it.",
}
THROTTLED = frozenset({10019, -40007})
# The nonce was used before: never accepted, and the next try has a new one.
REPEATED_NONCE = 10002
# What is wrong is the signed form of the request, not the credentials: the clock, or headers that were
# changed on the way.
FORM_REFUSED = frozenset({10003, 10004, 10005, 10006, 10007})
CLOCK_OFF = 10004
# TeleSign does not take this API key (or does not know the Customer ID).
KEY_REFUSED = frozenset({10008, 10015, 10022, -30000, -30006})
DOWN = frozenset({10000, -90001})

CODES: dict[int, tuple[Error, str]] = {
    # --- what became of a text
    207: (E.UNAVAILABLE, f"It was not delivered, the carrier gave no reason. {LATER}"),
    210: (E.UNAVAILABLE, f"The phone was off, out of reach or full. {LATER}"),
    211: (E.BAD_NUMBER, f"The phone takes no texts, or the number is not in service. {NEVER}"),
    220: (E.BAD_NUMBER, f"No network leads to this number. {NEVER}"),
    221: (E.UNAVAILABLE, f"The phone could not be reached in time. {LATER}"),
    222: (E.BAD_NUMBER, f"This phone or its contract takes no texts. {NEVER}"),
    229: (E.BAD_CREDENTIALS, f"This number is on our block list at TeleSign. {ADMIN}"),
    230: (E.BAD_NUMBER, f"TeleSign blocks texts to this number. {SUPPORT}"),
    231: (E.CONTENT_REFUSED, "TeleSign cannot carry this content. Write it differently."),
    233: (E.BAD_NUMBER, f"TeleSign takes this number for fraudulent and sends nothing to it. {SUPPORT}"),
    237: (E.BAD_CREDENTIALS, f"Texts to this country are blocked for our account. {ADMIN}"),
    238: (
        E.BAD_CREDENTIALS,
        f"Texts to numbers that begin like this one are blocked for our account. {ADMIN}",
    ),
    500: (E.OTHER, "TeleSign did not try to send it, and did not say why. It can safely be sent again."),
    501: (E.BAD_CREDENTIALS, f"Our account may not send this text. {ADMIN}"),
    502: (E.BAD_CREDENTIALS, f"Our messaging campaign (10DLC) is not in order at TeleSign. {ADMIN}"),
    503: (E.UNAVAILABLE, f"The carrier did not take it at that moment. {LATER}"),
    504: (E.BAD_NUMBER, f"The carrier refuses texts to this number for good. {NEVER}"),
    505: (E.UNAVAILABLE, f"The way to the carrier was disturbed. {LATER}"),
    506: (E.OTHER, "The way to the carrier is closed for good. Sending it again will not help."),
    507: (E.BAD_NUMBER, f"The carrier knows no such number. {NEVER}"),
    508: (E.BAD_CREDENTIALS, f"The carrier does not take our number as sender. {ADMIN}"),
    509: (E.OTHER, "The carrier found a fault in the request. Sending it again will not help."),
    510: (E.BAD_NUMBER, "The customer's carrier blocks our texts, because the customer wants it so."),
    511: (E.UNAVAILABLE, "The customer's prepaid credit is used up. May work later."),
    512: (E.UNAVAILABLE, f"The customer is abroad, and the network there did not take it. {LATER}"),
    513: (
        E.BAD_NUMBER,
        "The number has moved to another carrier, which does not know it. It will not work soon.",
    ),
    514: (E.UNAVAILABLE, f"The phone was not in any network. {LATER}"),
    515: (E.CONTENT_REFUSED, "The carrier took the text for spam. Do not send it again as it is."),
    520: (E.CONTENT_REFUSED, "The carrier does not carry this content. Write it differently."),
    521: (E.BAD_CREDENTIALS, f"Our number is not allowed as sender ID there. {ADMIN}"),
    # --- what a request comes to
    10000: (E.AMBIGUOUS, "TeleSign was out of order when it got the text."),
    10002: (E.UNAVAILABLE, "TeleSign took the request for a repeated one; it is tried again by itself."),
    10003: (E.BAD_CREDENTIALS, f"TeleSign could not read our request's nonce. {ADMIN}"),
    10004: (E.BAD_CREDENTIALS, f"Our server's clock is wrong, so TeleSign refused the text. {ADMIN}"),
    10005: (E.BAD_CREDENTIALS, f"TeleSign could not read our request's date. {ADMIN}"),
    10006: (E.BAD_CREDENTIALS, f"Our request reached TeleSign without its date. {ADMIN}"),
    10007: (E.BAD_CREDENTIALS, f"TeleSign does not take signed requests of our account. {ADMIN}"),
    10008: (E.BAD_CREDENTIALS, f"TeleSign refused our signature: the API key is wrong. {ADMIN}"),
    10009: (E.BAD_CREDENTIALS, f"Our request reached TeleSign without its signature. {ADMIN}"),
    10010: (E.BAD_CREDENTIALS, f"Our TeleSign account is suspended. {ADMIN}"),
    10011: (E.BAD_CREDENTIALS, f"SMS is not switched on for our TeleSign account. {ADMIN}"),
    10014: (E.BAD_CREDENTIALS, f"TeleSign takes no requests from our server's address. {ADMIN}"),
    10015: (E.BAD_CREDENTIALS, f"TeleSign does not know our Customer ID. {ADMIN}"),
    10019: (E.THROTTLED, "TeleSign takes no more texts at the moment; it is tried again by itself."),
    10020: (E.BAD_CREDENTIALS, f"The number of texts that our TeleSign account may send is used up. {ADMIN}"),
    10022: (E.BAD_CREDENTIALS, f"TeleSign refused our API key. {ADMIN}"),
    10033: (E.BAD_CREDENTIALS, f"A TeleSign trial account can only text verified numbers. {ADMIN}"),
    11000: (E.BAD_NUMBER, "This is not a number that can be texted."),
    11001: (E.BAD_NUMBER, "No country has numbers that begin like this one."),
    11009: (E.CONTENT_REFUSED, "TeleSign does not take this text: it is empty, too long, or not readable."),
    11013: (E.BAD_CREDENTIALS, f"TeleSign does not take our number as sender ID. {ADMIN}"),
    11017: (E.OTHER, "TeleSign does not know the type of message that we name."),
    12000: (E.BAD_NUMBER, "There is no number to send to."),
    12009: (E.CONTENT_REFUSED, "The text was empty."),
    12017: (E.OTHER, "The type of message is missing."),
    -30000: (E.BAD_CREDENTIALS, f"TeleSign does not know our Customer ID. {ADMIN}"),
    -30006: (E.BAD_CREDENTIALS, f"TeleSign refused our signature: the API key is wrong. {ADMIN}"),
    -40007: (E.THROTTLED, "TeleSign takes no more texts at the moment; it is tried again by itself."),
    -90001: (E.AMBIGUOUS, "TeleSign was out of order when it got the text."),
}


def explain(code: int | None, fallback: str = "") -> tuple[Error, str]:
    """Our word and a sentence for a code; an unknown one is shown with its number and TeleSign's words."""
    if code in CODES:
        return CODES[code]
    said = f" ({fallback[:120]})" if fallback else ""
    return (
        E.OTHER,
        f"TeleSign reports code {code}{said}." if code is not None else f"TeleSign gave no reason{said}.",
    )
