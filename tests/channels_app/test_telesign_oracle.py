"""TeleSign's own library as the oracle, and what may never raise, whatever is thrown at it."""

import base64
import json
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from telesign.messaging import MessagingClient
from telesign.rest import RestClient
from telesign.util import AuthMethod, verify_telesign_callback_signature

from channels_app.providers import REGISTRY
from channels_app.providers.base import (
    Inbound,
    NotUnderstood,
    Other,
    OutboundText,
    Outcome,
    Report,
    WireRequest,
)
from channels_app.providers.telesign import form_of, result_of
from channels_app.providers.telesign_checks import told
from channels_app.providers.telesign_client import Basic, Digest, read
from channels_app.providers.telesign_signature import sign, string_to_sign
from omnichannel.lib.phones import wire_address
from simulator.server import running
from tests.channels_app.telesign import (
    API,
    API_KEY,
    CUSTOMER_ID,
    JSON,
    MESSAGING,
    SECOND_KEY,
    account,
    report_body,
    signature,
    text_body,
)

provider = REGISTRY["telesign"]
WORDS = st.text(st.characters(codec="utf-8"), max_size=200)


def text(words: str = "Hello", recipient: str = "+14255550100") -> OutboundText:
    return OutboundText(
        sender="14252306549", recipient=recipient, text=words, status_url="", reference="7-abc"
    )


def posted(body: bytes, headers: dict[str, str]) -> WireRequest:
    return WireRequest("POST", ("https://desk.example.test/hooks/x/",), "", JSON, headers, body)


# --- signatures of callbacks ----------------------------------------------------------------------


@given(body=WORDS)
def test_what_the_library_takes_for_genuine_we_do_too(body: str) -> None:
    raw = body.encode()
    for made in (signature(raw), signature(raw, b"another key"), signature(raw + b" ")):
        library = verify_telesign_callback_signature(API_KEY, made, body)
        for header in (made, f"TSA {CUSTOMER_ID}:{made}"):
            ours = provider.verify(posted(raw, {"x-ts-authorization": header}), account()) == ""
            assert ours == library


# --- requests -------------------------------------------------------------------------------------


@given(words=WORDS, key=st.sampled_from([API_KEY, SECOND_KEY]))
def test_a_request_is_signed_as_the_library_signs_it(words: str, key: str) -> None:
    asked = requests.Request(
        "POST", MESSAGING, data=form_of(text(words)), auth=Digest(CUSTOMER_ID, key)
    ).prepare()
    expected = RestClient.generate_telesign_headers(
        CUSTOMER_ID,
        key,
        "POST",
        "/v1/messaging",
        asked.body,
        date_rfc2616=asked.headers["Date"],
        nonce=asked.headers["x-ts-nonce"],
    )
    assert {name: asked.headers[name] for name in expected} == expected


def test_a_question_is_signed_as_the_library_signs_it() -> None:
    path = "/v1/messaging/" + "0" * 32
    asked = requests.Request("GET", API + path, auth=Digest(CUSTOMER_ID, API_KEY)).prepare()
    expected = RestClient.generate_telesign_headers(
        CUSTOMER_ID,
        API_KEY,
        "GET",
        path,
        "",
        date_rfc2616=asked.headers["Date"],
        nonce=asked.headers["x-ts-nonce"],
    )
    assert asked.headers["Authorization"] == expected["Authorization"]
    assert "Content-Type" not in asked.headers


def test_basic_is_what_the_library_makes_of_it() -> None:
    expected = RestClient.generate_telesign_headers(
        CUSTOMER_ID, API_KEY, "GET", "/", "", auth_method=AuthMethod.BASIC.value
    )
    asked = requests.Request("GET", API, auth=Basic(CUSTOMER_ID, API_KEY)).prepare()
    assert asked.headers["Authorization"] == expected["Authorization"]


@responses.activate
def test_the_library_asks_for_the_same() -> None:
    """The same form, and a signature that our own scheme makes of the bytes it sent."""
    responses.add(responses.POST, MESSAGING, json={})
    MessagingClient(CUSTOMER_ID, API_KEY, rest_endpoint=API).message(
        "14255550100", "Grüezi 🙂 & +", "ARN", sender_id="14252306549", external_id="7-abc"
    )
    theirs = responses.calls[0].request
    assert dict(parse_qsl(theirs.body)) == form_of(text("Grüezi 🙂 & +"))
    ours = string_to_sign(
        method="POST",
        content_type=theirs.headers["Content-Type"],
        date=theirs.headers["Date"],
        nonce=theirs.headers["x-ts-nonce"],
        body=theirs.body.encode(),
        path="/v1/messaging",
    )
    assert theirs.headers["Authorization"] == f"TSA {CUSTOMER_ID}:{sign(base64.b64decode(API_KEY), ours)}"


def test_a_simulated_telesign_takes_it_over_real_sockets() -> None:
    company = {
        "customer_id": CUSTOMER_ID,
        "api_key": API_KEY,
        "numbers": [{"phone_number": "+14252306549"}],
    }
    with running({"telesign": [company]}) as simulator:
        there = account(base_url=simulator.url)
        result = provider.send(there, text("Grüezi 🙂\r\n& + %"), lambda call: None)
        [check] = provider.check_credentials(there, (), lambda call: None)
        wrong = provider.send(account(base_url=simulator.url, secret=SECOND_KEY), text(), lambda call: None)
        [message] = simulator.messages(direction="outbound")
    assert (result.outcome, result.status) == (Outcome.ACCEPTED, "sending")
    assert message.body == "Grüezi 🙂\r\n& + %"
    assert check.outcome == "good"
    assert (wrong.outcome, wrong.error) == (Outcome.REFUSED, "bad_credentials")


# --- never raises ---------------------------------------------------------------------------------

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES,
    lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=5), c, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["reference_id", "status", "errors", "user_response", "sub_resource", "external_id", "additional_info"]
)
INNER = st.sampled_from(
    ["code", "description", "phone_number", "sender_id", "mo_message", "action", "iso_country_code"]
)
PARTS = st.dictionaries(INNER, VALUES, max_size=5)
SHAPED = st.dictionaries(NAMES, VALUES | PARTS | st.sampled_from(["mo_sms", "sms", "mo_mms"]), max_size=6)
CHANGED = st.tuples(st.sampled_from([text_body(), report_body(200)]), SHAPED).map(lambda t: {**t[0], **t[1]})
BODIES = st.binary(max_size=200) | (SHAPED | CHANGED | VALUES).map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "x-ts-authorization", "date", "x-ts-nonce"]),
    st.text(st.characters(max_codepoint=255), max_size=80)
    | st.builds("TSA {}:{}".format, st.sampled_from([CUSTOMER_ID, "x", ""]), st.text(max_size=50)),
)


@given(body=BODIES, headers=HEADERS, key=st.sampled_from([API_KEY, "", "nonsense!", "----", "=", "\ud800"]))
def test_verifying_never_raises_and_takes_nothing_unsigned(body: bytes, headers: Any, key: str) -> None:
    ours = account(secret=key)
    assert provider.verify(posted(body, headers), ours) != ""
    found = provider.diagnose(posted(body, headers), ours, hosts=[], others={"x": [key, SECOND_KEY]})
    assert len(found.verdict) > 0


@given(body=BODIES)
def test_whatever_is_signed_is_understood_or_not_understood(body: bytes) -> None:
    request = posted(body, {"authorization": f"TSA {CUSTOMER_ID}:{signature(body)}"})
    assert provider.verify(request, account()) == ""
    assert len(provider.sequence_key(request)) <= 200
    try:
        what = provider.classify(request, account())
    except NotUnderstood:
        return
    match what:
        case Inbound():
            assert what.external_id
            assert what.sender
            for value in (what.external_id, what.sender, what.recipient, what.text):
                value.encode()
                assert "\x00" not in value
            wire_address(what.sender)
        case Report():
            assert what.external_id
            assert (what.error is None) == (what.status not in {"failed", "undelivered"})
        case Other():
            assert what.reason


@given(http=st.sampled_from([200, 202, 204, 301, 400, 401, 403, 404, 429, 500, 503]), body=BODIES)
def test_whatever_is_answered_comes_to_something(http: int, body: bytes) -> None:
    answer = read(http, body)
    result, check = result_of(answer), told(answer)
    assert check.text
    if http >= 500:
        assert result.outcome in {Outcome.AMBIGUOUS, Outcome.ACCEPTED}
    if result.outcome is Outcome.ACCEPTED:
        assert result.status
    else:
        assert result.explanation
    if result.outcome is Outcome.NOT_SENT:
        assert result.error in {"throttled", "unavailable"}


def test_a_date_is_what_http_calls_one() -> None:
    asked = requests.Request("GET", API, auth=Digest(CUSTOMER_ID, API_KEY)).prepare()
    assert asked.headers["Date"].endswith(" GMT")
    assert len(asked.headers["Date"]) == len(formatdate(usegmt=True))
