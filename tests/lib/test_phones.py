"""Every written form of a number in, one stored form out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.lib.phones import (
    E164,
    NotANumber,
    WireAddress,
    our_number,
    readable,
    to_e164,
    wire_address,
)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        pytest.param("14252306549", "14252306549", id="as the documents write it"),
        pytest.param("+14252306549", "14252306549", id="leading plus"),
        pytest.param("  14252306549 ", "14252306549", id="outer blanks"),
        pytest.param("\t14252306549\r\n", "14252306549", id="outer tab and newline"),
        pytest.param("447700900456", "447700900456", id="British"),
        pytest.param("41446681800", "41446681800", id="Swiss"),
        pytest.param("19585550177", "19585550177", id="reserved area code"),
    ],
)
def test_a_number_of_ours_is_digits(typed, digits):
    assert our_number(typed) == digits


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="empty"),
        pytest.param("   ", id="blank"),
        pytest.param("+", id="only a plus"),
        pytest.param("1 425 230 6549", id="inner blanks"),
        pytest.param("+1 425-230-6549", id="hyphens"),
        pytest.param("(425) 230-6549", id="parentheses"),
        pytest.param("1.425.230.6549", id="dots"),
        pytest.param("1425230654٩", id="Arabic nine"),
        pytest.param("1425230654९", id="Devanagari nine"),
        pytest.param("１４２５２３０６５４９", id="full-width digits"),
        pytest.param("1425230654O", id="letter O"),
        pytest.param("14252306549;ext=7", id="extension parameter"),
        pytest.param("14252306549x7", id="extension x"),
        pytest.param("\u202a14252306549\u202c", id="direction marks"),
        pytest.param("\u200e14252306549", id="left-to-right mark"),
        pytest.param("14252306549\u00a0", id="no-break space"),
        pytest.param("14252306\n549", id="inner newline"),
        pytest.param("++14252306549", id="two pluses"),
        pytest.param("4252306549", id="no country code"),
        pytest.param("15550177", id="local number after the country code"),
        pytest.param("04252306549", id="leading zero"),
        pytest.param("0014252306549", id="00 prefix"),
        pytest.param("22395", id="short code"),
        pytest.param("1111111111111111", id="sixteen digits"),
        pytest.param("1" * 5000, id="endless"),
        pytest.param("<b>1</b>", id="markup"),
        pytest.param("1425' OR 1=1--", id="quote"),
        pytest.param("whatsapp:+14252306549", id="channel prefix"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(typed):
    with pytest.raises(NotANumber) as refused:
        our_number(typed)
    assert "14252306549" in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("+14255550177", "US", "+14255550177"),
        ("14255550177", "US", "+14255550177"),
        ("(425) 555-0177", "US", "+14255550177"),
        ("425.555.0177", "US", "+14255550177"),
        (" 425 555 0177\n", "US", "+14255550177"),
        ("+1 (425) 555-0177", "CH", "+14255550177"),
        ("044 668 18 00", "CH", "+41446681800"),
        ("41446681800", "US", "+41446681800"),
        ("+49 30 901820", "US", "+4930901820"),
        ("011 44 7700 900456", "US", "+447700900456"),
        ("00 44 7700 900456", "CH", "+447700900456"),
        ("00 1 425 555 0177", "US", "+14255550177"),
        ("\u202a+14255550177\u202c", "US", "+14255550177"),
        ("+１４２５５５５０１７７", "US", "+14255550177"),
        ("+19585550177", "US", "+19585550177"),
    ],
)
def test_a_contacts_number_is_read_as_people_write_it(typed, region, e164):
    assert to_e164(typed, region=region) == e164


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="empty"),
        pytest.param("+", id="only a plus"),
        pytest.param("5550177", id="local: too short to be sure"),
        pytest.param("+15550177", id="local after the country code"),
        pytest.param("911", id="emergency"),
        pytest.param("425 555 0177 ext. 9", id="extension"),
        pytest.param("ask Mia", id="words"),
        pytest.param("1" * 400, id="endless"),
        pytest.param("+9991234567", id="no such country"),
        pytest.param("+49123456789012345", id="more than fifteen digits"),
    ],
)
def test_what_is_no_whole_number_is_refused(typed):
    with pytest.raises(NotANumber):
        to_e164(typed, region="US")


@given(st.text(max_size=40))
def test_whatever_is_typed_the_result_is_e164_or_a_refusal(typed):
    for clean in (lambda t: to_e164(t, region="US"), lambda t: "+" + our_number(t)):
        try:
            number = clean(typed)
        except NotANumber:
            continue
        assert E164.fullmatch(number)


@pytest.mark.parametrize(
    ("written", "kind", "value", "channel"),
    [
        pytest.param("+14255550177", "phone", "+14255550177", "sms", id="E.164"),
        pytest.param("14255550177", "phone", "+14255550177", "sms", id="without plus"),
        pytest.param(" 14255550177", "phone", "+14255550177", "sms", id="plus decoded as blank"),
        pytest.param("+1425 555 0177", "phone", "+14255550177", "sms", id="inner blanks"),
        pytest.param("+266696687", "phone", "+266696687", "sms", id="what anonymous callers get"),
        pytest.param("+554188880000", "phone", "+554188880000", "sms", id="Brazil, twelve digits"),
        pytest.param("whatsapp:+14255550177", "phone", "+14255550177", "whatsapp", id="WhatsApp"),
        pytest.param("whatsapp:14255550177", "phone", "+14255550177", "whatsapp", id="WhatsApp without plus"),
        pytest.param("WhatsApp: +14255550177", "phone", "+14255550177", "whatsapp", id="mixed case, blank"),
        pytest.param("whatsapp:CH.4711", "whatsapp_id", "CH.4711", "whatsapp", id="business-scoped id"),
        pytest.param("whatsapp:IN.ENT.908", "whatsapp_id", "IN.ENT.908", "whatsapp", id="enterprise id"),
        pytest.param("rcs:+14255550177", "phone", "+14255550177", "rcs", id="RCS"),
        pytest.param("messenger:12345", "short_code", "12345", "messenger", id="Messenger"),
        pytest.param("22395", "short_code", "22395", "sms", id="short code"),
        pytest.param("MYBANK", "alphanumeric", "MYBANK", "sms", id="alphanumeric"),
        pytest.param("My Bank 24", "alphanumeric", "My Bank 24", "sms", id="alphanumeric with blanks"),
        pytest.param("+1425555017٩", "alphanumeric", "+1425555017٩", "sms", id="digits of another script"),
        pytest.param("Anonymous", "alphanumeric", "Anonymous", "sms", id="a word"),
    ],
)
def test_an_address_on_the_wire_is_taken_apart(written, kind, value, channel):
    assert wire_address(written) == WireAddress(kind, value, channel)


@pytest.mark.parametrize("written", ["", "   ", "+", "whatsapp:", "whatsapp:+", "whatsapp:  ", "\t\r\n"])
def test_no_address_is_none(written):
    assert wire_address(written) is None


@given(st.text(max_size=400))
def test_an_address_never_raises_and_always_fits_its_column(written):
    address = wire_address(written)
    assert address is None or (0 < len(address.value) <= 160 and address.kind)


def test_an_endless_sender_fits_its_column():
    for written in ("7" * 500, "whatsapp:" + "x" * 500, "Z" * 500):
        address = wire_address(written)
        assert address is not None
        assert len(address.value) <= 160


def test_readable_is_for_people_and_leaves_the_rest_alone():
    assert readable("+14255550177") == "+1 425-555-0177"
    assert readable("MYBANK") == "MYBANK"
