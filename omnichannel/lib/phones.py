"""Telephone numbers and addresses: every written form in, one stored form out."""

import re
from dataclasses import dataclass

import phonenumbers

# E.164 (ITU-T): a country code that never starts with 0, fifteen digits at most.
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
DIGITS = re.compile(r"[0-9]+", re.ASCII)
# What a sender may be called, and what is stored of any other value that is no telephone number.
LONGEST_NAME, LONGEST_VALUE = 64, 160
LONGEST_SHORT_CODE = 6
# GSM's alphanumeric senders; what is longer and has digits is somebody's id.
LONGEST_SHORT = 11
OUTER_BLANKS = " \t\r\n"
CHANNEL_PREFIX = re.compile(r"^([a-z]+):", re.IGNORECASE | re.ASCII)


class NotANumber(ValueError):
    """The text is no telephone number; the message says what to type instead."""


@dataclass(frozen=True)
class WireAddress:
    """An address as a provider writes it, taken apart.

    `kind` is one of phone, whatsapp_id, short_code, alphanumeric. `value` is E.164 with its + for a phone,
    else the text itself. `channel` is sms unless the provider wrote a prefix such as whatsapp:.
    """

    kind: str
    value: str
    channel: str


def to_e164(text: str, *, region: str) -> str:
    """The number in E.164, read as people write it; national forms are numbers of `region`.

    Raises NotANumber when it cannot be a telephone number. No check that the number is in service:
    reserved ranges (958, 555) are used in examples and tests.
    """
    bare = text.strip(OUTER_BLANKS)
    try:
        parsed = phonenumbers.parse(bare, region)
        if not _is_possible(parsed) and not bare.startswith("+"):
            # With the country code, after a 00 or without.
            parsed = phonenumbers.parse("+" + bare.removeprefix("00"), region)
    except phonenumbers.NumberParseException as error:
        raise NotANumber("Enter a telephone number, for example +14255550100.") from error
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not _is_possible(parsed) or parsed.extension or not E164.fullmatch(number):
        raise NotANumber("Enter a whole telephone number with its country code, for example +14255550100.")
    return number


def our_number(text: str) -> str:
    """The digits of a number of ours, as the documents write it: 14252306549.

    An outer blank and a leading + are taken off; anything else that is no digit is refused with NotANumber.
    """
    digits = text.strip(OUTER_BLANKS).removeprefix("+")
    if not DIGITS.fullmatch(digits):
        raise NotANumber("Enter country code and number in digits only, without blanks: 14252306549.")
    try:
        possible = _is_possible(phonenumbers.parse("+" + digits))
    except phonenumbers.NumberParseException:
        possible = False
    if not possible or not E164.fullmatch("+" + digits):
        raise NotANumber(
            f"{digits} is no whole number: begin with the country code, for example 14252306549."
        )
    return digits


# Numbers that their countries write in two forms, of which WhatsApp and SMS may each use another: a mobile
# number's 9 in Brazil (after the area) and Argentina, its 1 in Mexico (both after the country).
TWO_FORMS = (
    (re.compile(r"\+55([1-9]\d)9([6-9]\d{7})", re.ASCII), r"+55\1\2"),
    (re.compile(r"\+55([1-9]\d)([6-9]\d{7})", re.ASCII), r"+55\g<1>9\2"),
    (re.compile(r"\+521(\d{10})", re.ASCII), r"+52\1"),
    (re.compile(r"\+52(\d{10})", re.ASCII), r"+521\1"),
    (re.compile(r"\+549(\d{10})", re.ASCII), r"+54\1"),
    (re.compile(r"\+54(\d{10})", re.ASCII), r"+549\1"),
)


def same_phone(e164: str) -> list[str]:
    """The number, and its other form where a country has two; the given one first.

    For finding whose number it is. What a provider wrote is stored and answered as it was written.
    """
    for pattern, other in TWO_FORMS:
        if match := pattern.fullmatch(e164):
            return [e164, match.expand(other)]
    return [e164]


def readable(e164: str) -> str:
    """The number as people read it (+1 425-555-0100); any other text comes back as it is."""
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def masked(value: str) -> str:
    """An address as people without the right to see it read it: +1 ••• ••• 00.

    The country and the last two digits stay, to tell one from another. Short codes and senders by name are
    nobody's telephone, and stay as they are; any other id keeps its last two characters.
    """
    digits = re.sub(r"[\s().\-\u2011/]", "", value.removeprefix("+"))
    if not DIGITS.fullmatch(digits):
        return f"••• ••• {value[-2:]}" if len(DIGITS.findall(value)) and len(value) > LONGEST_SHORT else value
    if not value.startswith("+") and len(digits) <= LONGEST_SHORT_CODE:
        return value
    return f"{_country(value, digits)}••• ••• {digits[-2:]}"


def _country(value: str, digits: str) -> str:
    try:
        parsed = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return ""
    return f"+{parsed.country_code} " if value.startswith("+") or _is_possible(parsed) else ""


def region_of(value: str) -> str | None:
    """The region of a number in E.164 (such as CH); None when it is no number, or no region has it."""
    try:
        parsed = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.region_code_for_number(parsed)


def wire_address(text: str) -> WireAddress | None:
    """What a provider wrote in From or To, taken apart; None when there is no address in it.

    Never raises: a sender that is no telephone number is stored as it is, not refused.
    """
    bare = text.strip(OUTER_BLANKS)
    match = CHANNEL_PREFIX.match(bare)
    channel = match.group(1).lower() if match else "sms"
    value = bare[match.end() :].strip(OUTER_BLANKS) if match else bare
    if not value or value == "+":
        return None
    return WireAddress(*_kind_and_value(value, channel), channel)


def _kind_and_value(value: str, channel: str) -> tuple[str, str]:
    # A form that was not encoded turns "+1425…" into " 1425…"; some gateways leave the + out altogether.
    digits = re.sub(r"[ ().-]", "", value.removeprefix("+"))
    if E164.fullmatch("+" + digits):
        return "phone", "+" + digits
    if DIGITS.fullmatch(value):
        return "short_code", value[:LONGEST_VALUE]
    if channel == "whatsapp":
        return "whatsapp_id", value[:LONGEST_VALUE]
    return "alphanumeric", value[:LONGEST_NAME]


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    # Not is_possible_number(): it also takes local numbers, which nobody can text without their area code.
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)
