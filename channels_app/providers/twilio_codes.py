"""Twilio's error codes in our words, with a sentence for the agent.

Source: Twilio's error and warning dictionary (twilio.com/docs/api/errors), read 2026-11.
"""

from channels_app import window
from channels_app.providers.base import Error

E = Error
ADMIN = "An administrator must look at the set-up."
LATER = "May work later."

CODES: dict[int, tuple[Error, str]] = {
    20003: (E.BAD_CREDENTIALS, f"Twilio refused Account SID or Auth Token. {ADMIN}"),
    20005: (E.BAD_CREDENTIALS, f"The Twilio account is not active. {ADMIN}"),
    20008: (E.BAD_CREDENTIALS, f"These are Twilio's test credentials, they send nothing. {ADMIN}"),
    20404: (E.BAD_CREDENTIALS, f"Twilio does not know this account. {ADMIN}"),
    20429: (E.THROTTLED, "Twilio takes no more texts at the moment; it is tried again by itself."),
    14107: (E.OTHER, "Twilio stopped an automatic answer loop with this number."),
    21211: (E.BAD_NUMBER, "This is not a number that can be texted."),
    21212: (E.BAD_CREDENTIALS, f"Our own number is not valid at Twilio. {ADMIN}"),
    21408: (E.BAD_CREDENTIALS, f"Texts to this country are switched off at Twilio. {ADMIN}"),
    21602: (E.CONTENT_REFUSED, "The text was empty."),
    21603: (E.BAD_CREDENTIALS, f"No number to send from. {ADMIN}"),
    21604: (E.BAD_NUMBER, "There is no number to send to."),
    21606: (E.BAD_CREDENTIALS, f"Our number does not belong to this Twilio account, or cannot text. {ADMIN}"),
    21608: (E.BAD_CREDENTIALS, f"A Twilio trial account can only text verified numbers. {ADMIN}"),
    21609: (E.BAD_CREDENTIALS, f"Twilio does not accept our address for reports. {ADMIN}"),
    21610: (E.OPTED_OUT, "The customer has texted STOP. Nothing can be sent until they text START."),
    21611: (E.THROTTLED, f"Our number's queue at Twilio is full. {LATER}"),
    21612: (E.BAD_NUMBER, "This number cannot be reached from ours."),
    21614: (E.BAD_NUMBER, "This is not a mobile number."),
    21617: (E.CONTENT_REFUSED, "The text is longer than 1600 characters."),
    21620: (E.CONTENT_REFUSED, "The address of the picture is not valid."),
    21623: (E.CONTENT_REFUSED, "Ten files at most."),
    21655: (E.CONTENT_REFUSED, f"Twilio does not know this content template. {ADMIN}"),
    21656: (E.CONTENT_REFUSED, "The content template's variables are not valid."),
    21703: (E.BAD_CREDENTIALS, f"The Messaging Service has no usable number. {ADMIN}"),
    30001: (E.THROTTLED, f"Twilio's queue was full. {LATER}"),
    30002: (E.BAD_CREDENTIALS, f"The Twilio account was suspended. {ADMIN}"),
    30003: (E.UNAVAILABLE, f"The phone was unreachable. {LATER}"),
    30004: (E.BAD_NUMBER, "The customer or their carrier blocks our texts."),
    30005: (E.BAD_NUMBER, "This number does not exist."),
    30006: (E.BAD_NUMBER, "This is a landline, or a carrier that takes no texts."),
    30007: (E.CONTENT_REFUSED, "The carrier took the text for spam. Do not send it again as it is."),
    30008: (E.UNAVAILABLE, f"The carrier gave no reason. {LATER}"),
    30010: (E.OTHER, "The text was dearer than the limit that was set."),
    30017: (E.UNAVAILABLE, f"The carrier's network was congested. {LATER}"),
    30022: (E.THROTTLED, f"Too many texts for our US registration. {LATER}"),
    30023: (E.THROTTLED, "The daily limit of our US registration is used up. Will work tomorrow."),
    30032: (E.BAD_CREDENTIALS, f"Our toll-free number is not verified. {ADMIN}"),
    30034: (E.BAD_CREDENTIALS, f"Our number is not registered for texts to US numbers (A2P 10DLC). {ADMIN}"),
    63001: (E.BAD_CREDENTIALS, f"The channel refused our credentials. {ADMIN}"),
    63003: (E.BAD_NUMBER, "The channel does not know this address."),
    63005: (E.CONTENT_REFUSED, "The channel did not accept the content."),
    63007: (E.BAD_CREDENTIALS, f"Our number is no sender of this channel. {ADMIN}"),
    63008: (E.BAD_CREDENTIALS, f"The channel is not set up completely at Twilio. {ADMIN}"),
    63010: (E.UNAVAILABLE, f"Twilio had an error of its own. {LATER}"),
    63011: (E.UNAVAILABLE, f"The channel could not be asked what this customer can receive. {LATER}"),
    63012: (E.UNAVAILABLE, f"The channel had an error of its own. {LATER}"),
    63013: (E.CONTENT_REFUSED, "The text breaks the channel's policy."),
    63015: (E.BAD_CREDENTIALS, f"The sandbox only reaches people who joined it. {ADMIN}"),
    63016: (E.WINDOW_CLOSED, window.SENTENCE),
    63018: (E.THROTTLED, f"Too many texts for this channel. {LATER}"),
    63019: (E.UNAVAILABLE, f"Our file could not be fetched. {LATER}"),
    63020: (E.BAD_CREDENTIALS, f"Meta does not let our business account send. {ADMIN}"),
    63021: (E.CONTENT_REFUSED, "The channel cannot carry this content."),
    63022: (E.BAD_CREDENTIALS, f"Our number's registration at WhatsApp is not valid. {ADMIN}"),
    63023: (E.OTHER, "The channel gave no reason."),
    63024: (E.BAD_NUMBER, "The channel cannot reach this recipient."),
    63025: (E.CONTENT_REFUSED, "The channel has this file already and did not take it again."),
    63027: (E.CONTENT_REFUSED, f"WhatsApp has no such content template in this language. {ADMIN}"),
    63028: (E.CONTENT_REFUSED, "The content template needs another number of variables."),
    63029: (E.UNAVAILABLE, f"The customer's WhatsApp could not load the content template. {LATER}"),
    63030: (E.CONTENT_REFUSED, "The channel does not know something that was sent along."),
    63032: (E.BAD_NUMBER, "WhatsApp does not let us text this person."),
    63034: (E.CONTENT_REFUSED, "The file is too large for this channel."),
    63038: (E.THROTTLED, "The account's daily limit is used up. Will work tomorrow."),
    63049: (E.OTHER, "WhatsApp chose not to deliver it. Do not send it again at once."),
    63101: (E.BAD_CREDENTIALS, f"Twilio cannot use our WhatsApp Business Account. {ADMIN}"),
}


def explain(code: str, fallback: str = "") -> tuple[Error, str]:
    """Our word and a sentence for a code as Twilio wrote it; an unknown one is shown with its number."""
    known = CODES.get(int(code)) if code.isascii() and code.isdigit() else None
    if known:
        return known
    said = f" ({fallback})" if fallback else ""
    return E.OTHER, f"Twilio reports error {code}{said}." if code else f"Twilio gave no reason{said}."
