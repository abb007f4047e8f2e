"""What is kept in logs and journals holds no secrets."""

import json

import pytest

from omnichannel.lib import phones, redact
from omnichannel.lib.backoff import delay


@pytest.mark.parametrize(
    "name",
    [
        "auth_token",
        "AuthToken",
        "authToken",
        "api_key",
        "API-Key".replace("-", ""),
        "secret",
        "client_secret",
        "Password",
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "Set-Cookie",
        "X-Twilio-Signature",
    ],
)
def test_tell_tale_names_are_masked(name):
    assert redact.mapping({name: "hush"}) == {name: redact.MASK}


@pytest.mark.parametrize("name", ["From", "Body", "User-Agent", "I-Twilio-Idempotency-Token", "status"])
def test_other_names_are_kept(name):
    assert redact.mapping({name: "said"}) == {name: "said"}


def test_known_secrets_are_masked_wherever_they_stand():
    shown = redact.text("the token is hush-hush, again: hush-hush", secrets=["hush-hush", ""])
    assert shown == f"the token is {redact.MASK}, again: {redact.MASK}"


def test_json_is_rid_of_tell_tale_names_at_every_depth():
    answer = {"sid": "AC1", "auth_token": "a", "owner": {"api_key": "b", "list": [{"password": "c", "n": 1}]}}
    shown = json.loads(redact.text(json.dumps(answer), secrets=()))
    assert shown == {
        "sid": "AC1",
        "auth_token": redact.MASK,
        "owner": {"api_key": redact.MASK, "list": [{"password": redact.MASK, "n": 1}]},
    }


def test_a_list_is_rid_of_them_too():
    assert "hush" not in redact.text('[{"secret": "hush"}]', secrets=())


@pytest.mark.parametrize("raw", ["", "no json", "[1, 2]", '"text"', "{", "null", "[" * 5000])
def test_anything_else_comes_back_as_it_is(raw):
    assert redact.text(raw, secrets=["x" * 20]) == raw


def test_letters_stay_readable():
    assert redact.text('{"body": "Grüezi 🙂"}', secrets=()) == '{"body": "Grüezi 🙂"}'


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [(1, 2), (2, 4), (3, 8), (7, 128), (8, 256), (9, 300), (50, 300), (10_000, 300), (0, 2)],
)
def test_the_wait_doubles_up_to_five_minutes(attempt, seconds):
    assert delay(attempt).total_seconds() == seconds


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+14255550149", "+1 ••• ••• 49"),
        ("+41791234567", "+41 ••• ••• 67"),
        ("+1 425-555-0149", "+1 ••• ••• 49"),
        ("14255550149", "+1 ••• ••• 49"),
        ("0791234567", "••• ••• 67"),
        ("72345", "72345"),
        ("Swisscom", "Swisscom"),
        ("AIRLINE24", "AIRLINE24"),
        ("US.13491208655302741918", "••• ••• 18"),
        ("", ""),
    ],
)
def test_an_address_is_masked_but_tells_country_and_end(value, shown):
    assert phones.masked(value) == shown


@pytest.mark.parametrize(
    "written",
    [
        "+14255550149",
        "%2B14255550149",
        "%2b14255550149",
        "%252B14255550149",
        "\\u002b14255550149",
        "&#43;14255550149",
        "14255550149",
        "whatsapp:+14255550149",
        "whatsapp%3A%2B14255550149",
        "+1 425-555-0149",
        "+1+425+555+0149",
        "%2B1%20425%20555%200149",
        "%2B1%20%28425%29%20555-0149",
        "(425) 555-0149",
        "425.555.0149",
        "1 425 555 0149",
    ],
)
def test_a_number_in_a_text_is_masked_in_every_written_form(written):
    shown = redact.numbers(f"From={written}&Body=Hi")
    assert shown.startswith("From=")
    assert shown.endswith("49&Body=Hi")
    assert "5550" not in "".join(c for c in shown if c.isdigit())


@pytest.mark.parametrize(
    "text",
    ["SM00000000000000000000000000000001", "2026-11-21 13:52:01", "AC0123456789abcdef", "30034", "v=1.2.3.4"],
)
def test_what_is_no_number_stays(text):
    assert redact.numbers(text) == text
