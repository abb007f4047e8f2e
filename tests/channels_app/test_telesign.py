"""TeleSign's file by itself: signatures, codes and answers, by tables; no database."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from responses import matchers

from channels_app.providers import REGISTRY
from channels_app.providers.base import Error, Finding, OutboundText, Outcome, WireRequest
from channels_app.providers.telesign_callbacks import keyword
from channels_app.providers.telesign_codes import ADMIN, CODES, STATUSES, explain
from omnichannel.lib.http import Call
from tests.channels_app.support import ids, table
from tests.channels_app.telesign import (
    API_KEY,
    CUSTOMER_ID,
    JSON,
    MESSAGING,
    SECOND_KEY,
    account,
    encoded,
    signature,
    text_body,
)
from tests.channels_app.test_sending import broken

provider = REGISTRY["telesign"]
TEXT = OutboundText(
    sender="14252306549",
    recipient="+14255550100",
    text="Grüezi 🙂 & <b>+1</b>\n2",
    status_url="https://desk.example.test/hooks/x/status/7/",
    reference="7-abc",
)
NOBODYS = f"{MESSAGING}/{'0' * 32}"


def posted(headers: dict[str, str], body: bytes) -> WireRequest:
    return WireRequest("POST", ("https://desk.example.test/hooks/x/",), "", JSON, headers, body)


# --- who may come in ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", table("telesign_signatures"), ids=ids)
def test_a_callback_is_taken_or_refused(case: dict[str, Any]) -> None:
    body = encoded(text_body("Où est mon vélo ?"))
    key = case.get("key", API_KEY)
    second = SECOND_KEY if case.get("signed_with") == "second" else case.get("second_key", "")
    ours = account(secret=key, secondary_secret=second)
    signing = decoded(SECOND_KEY if case.get("signed_with") == "second" else key)
    parts = {
        "id": CUSTOMER_ID,
        "small_id": CUSTOMER_ID.lower(),
        "good": signature(body, signing),
        "other": signature(body, b"a wrong key"),
        "changed": signature(body + b"\n", signing),
        "cut": signature(body, signing)[:-1],
        "empty": signature(body, b""),
    }
    headers = {name: value.format(**parts) for name, value in case["headers"].items()}

    said = provider.verify(posted(headers, body), ours)

    assert case["reason"] in said
    assert bool(said) == bool(case["reason"])
    if said:
        found = provider.diagnose(posted(headers, body), ours, hosts=[], others={})
        assert found.verdict
        assert found.signed_for == ""


def decoded(key: str) -> bytes:
    """A key as TeleSign's libraries read it: what is no base64 is skipped."""
    try:
        return base64.b64decode(key)
    except binascii.Error:
        return b""


def test_the_body_is_signed_byte_by_byte() -> None:
    body = encoded(text_body("Ü"))
    headers = {"authorization": f"TSA {CUSTOMER_ID}:{signature(body)}"}
    assert provider.verify(posted(headers, body), account()) == ""
    for other in (
        json.dumps(json.loads(body), ensure_ascii=False).encode(),
        json.dumps(json.loads(body), indent=1).encode(),
        body + b"\n",
        b"",
    ):
        assert provider.verify(posted(headers, other), account()) != ""


@pytest.mark.parametrize(
    ("headers", "others", "says"),
    [
        ({}, {}, "no signature at all"),
        ({"authorization": "TSA {id}:{wrong}"}, {}, "signs the body alone, so the URL is not the reason"),
        ({"authorization": "TSA ABC:{good}"}, {}, "names Customer ID ABC"),
        (
            {"authorization": "TSA THEIRS:{theirs}"},
            {"AC1": ["no base64!"], "THEIRS": [SECOND_KEY]},
            "fits the API key of account THEIRS",
        ),
    ],
)
def test_a_refusal_says_what_is_probably_wrong(headers: Any, others: Any, says: str) -> None:
    body = encoded(text_body())
    made = {
        "id": CUSTOMER_ID,
        "good": signature(body),
        "wrong": signature(body, b"x"),
        "theirs": signature(body, b"another one"),
    }
    request = posted({name: value.format(**made) for name, value in headers.items()}, body)
    found = provider.diagnose(request, account(), hosts=["proxy.example"], others=others)
    assert says in found.verdict
    assert len(found.verdict) <= 400


def test_a_refused_giant_is_not_looked_into() -> None:
    body = b"x" * 30_000
    request = posted({"authorization": f"TSA {CUSTOMER_ID}:{signature(body, b'x')}"}, body)
    assert "too large" in provider.diagnose(request, account(), hosts=[], others={}).verdict


@pytest.mark.parametrize("case", table("telesign_keywords"), ids=ids)
def test_a_text_is_a_keyword_only_as_a_whole(case: dict[str, Any]) -> None:
    assert keyword(case["text"], case.get("action", "")) == case["keyword"]


# --- forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "is_good"),
    [
        (API_KEY, True),
        ("EXAMPLE----QaGFsZiBvZiBhIGtleQ==", True),
        ("not base64!", False),
        ("abc", False),
        ("====", False),
        ("----", False),
        ("schlüssel", False),
        ("aGFsZiBvZiBhIGtleQ==\n", False),
    ],
)
def test_the_form_of_an_api_key(secret: str, is_good: bool) -> None:
    assert (provider.check_secret(secret) == "") == is_good


@pytest.mark.parametrize(
    ("customer_id", "is_good"),
    [
        (CUSTOMER_ID, True),
        (CUSTOMER_ID.lower(), True),
        ("", False),
        ("AC" + "0" * 32, False),
        (CUSTOMER_ID + "0", False),
        (CUSTOMER_ID.replace("-", ""), False),
        (CUSTOMER_ID + "\n", False),
    ],
)
def test_the_form_of_a_customer_id(customer_id: str, is_good: bool) -> None:
    assert (provider.check_external_id(customer_id) == "") == is_good


# --- what is asked --------------------------------------------------------------------------------


def answering(mock: responses.RequestsMock, case: dict[str, Any], url: str = MESSAGING) -> None:
    parts = {"json": case["body"]} if isinstance(case["body"], dict) else {"body": case["body"]}
    mock.add(responses.POST if url == MESSAGING else responses.GET, url, status=case["status"], **parts)


@responses.activate
def test_the_request() -> None:
    calls: list[Call] = []
    form = {
        "phone_number": "14255550100",
        "message": "Grüezi 🙂 & <b>+1</b>\n2",
        "message_type": "ARN",
        "sender_id": "14252306549",
        "external_id": "7-abc",
    }
    responses.add(
        responses.POST,
        MESSAGING,
        json={"reference_id": "5A" * 16, "status": {"code": 290}},
        match=[matchers.urlencoded_params_matcher(form)],
    )
    result = provider.send(account(), TEXT, calls.append)
    assert (result.outcome, result.status, result.external_id) == (Outcome.ACCEPTED, "sending", "5A" * 16)
    sent = responses.calls[0].request
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.headers["x-ts-auth-method"] == "HMAC-SHA256"
    assert sent.headers["Authorization"].startswith(f"TSA {CUSTOMER_ID}:")
    assert [(call.method, call.url, call.status) for call in calls] == [("POST", MESSAGING, 200)]
    assert API_KEY not in repr(calls)


@responses.activate
def test_no_nonce_is_used_twice() -> None:
    responses.add(responses.POST, MESSAGING, status=429)
    for _ in range(3):
        provider.send(account(), TEXT, lambda call: None)
    assert len({call.request.headers["x-ts-nonce"] for call in responses.calls}) == 3


@pytest.mark.parametrize("case", table("telesign_send"), ids=ids)
def test_what_becomes_of_each_answer(case: dict[str, Any]) -> None:
    with responses.RequestsMock() as mock:
        answering(mock, case)
        result = provider.send(account(), TEXT, lambda call: None)
        assert len(mock.calls) == 1
    assert result.outcome == case["outcome"]
    assert result.error == (case.get("error") or None)
    assert case.get("explains", "") in result.explanation
    assert bool(result.explanation) == bool(case.get("error") or case.get("explains"))
    assert bool(result.external_id) == case.get("id", False)
    if result.outcome is Outcome.ACCEPTED:
        assert result.status == case["state"]


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("connect time-out", Outcome.NOT_SENT),
        ("connection refused", Outcome.NOT_SENT),
        ("no such host", Outcome.NOT_SENT),
        ("read time-out", Outcome.AMBIGUOUS),
        ("connection reset", Outcome.AMBIGUOUS),
        ("answer cut off", Outcome.AMBIGUOUS),
    ],
)
def test_no_answer(how: str, outcome: Outcome) -> None:
    with responses.RequestsMock() as mock:
        mock.add(responses.POST, MESSAGING, body=broken(how))
        result = provider.send(account(), TEXT, lambda call: None)
        assert len(mock.calls) == 1
    assert result.outcome is outcome
    assert result.explanation


@pytest.mark.parametrize("code", [10003, 10004, 10005, 10006, 10007])
def test_where_the_signed_form_is_refused_basic_is_tried_once(code: int) -> None:
    """A clock that is wrong, or headers lost on the way: what was answered 401 was surely not accepted."""
    with responses.RequestsMock() as mock:
        mock.add(responses.POST, MESSAGING, status=401, json={"status": {"code": code}})
        mock.add(
            responses.POST,
            MESSAGING,
            json={"reference_id": "5A" * 16, "status": {"code": 290}},
            match=[matchers.header_matcher({"Authorization": basic()})],
        )
        result = provider.send(account(), TEXT, lambda call: None)
        first, second = (call.request for call in mock.calls)
    assert result.outcome is Outcome.ACCEPTED
    assert first.body == second.body
    assert "x-ts-nonce" not in second.headers


def basic() -> str:
    return str(
        requests.Request(auth=(CUSTOMER_ID, API_KEY), url=MESSAGING).prepare().headers["Authorization"]
    )


@pytest.mark.parametrize("status", [400, 500])
def test_without_401_nothing_is_sent_twice(status: int) -> None:
    with responses.RequestsMock() as mock:
        mock.add(responses.POST, MESSAGING, status=status, json={"status": {"code": 10004}})
        provider.send(account(), TEXT, lambda call: None)
        assert len(mock.calls) == 1


def test_a_clock_that_is_wrong_is_told_when_basic_fails_too() -> None:
    with responses.RequestsMock() as mock:
        mock.add(responses.POST, MESSAGING, status=401, json={"status": {"code": 10004}})
        result = provider.send(account(), TEXT, lambda call: None)
        assert len(mock.calls) == 2
    assert (result.outcome, result.error) == (Outcome.REFUSED, Error.BAD_CREDENTIALS)
    assert "clock" in result.explanation


def test_a_second_key_is_tried_when_the_first_is_refused() -> None:
    with responses.RequestsMock() as mock:
        mock.add(responses.POST, MESSAGING, status=401, json={"status": {"code": 10008}})
        mock.add(responses.POST, MESSAGING, json={"reference_id": "5A" * 16, "status": {"code": 290}})
        result = provider.send(account(secondary_secret=SECOND_KEY), TEXT, lambda call: None)
    assert (result.outcome, result.used_secondary) == (Outcome.ACCEPTED, True)


@pytest.mark.parametrize("key", ["", "not base64!", "----"])
def test_without_a_key_nothing_leaves(key: str) -> None:
    with responses.RequestsMock() as mock:
        result = provider.send(account(secret=key), TEXT, lambda call: None)
        assert len(mock.calls) == 0
    assert (result.outcome, result.error) == (Outcome.REFUSED, Error.BAD_CREDENTIALS)


def test_a_doubtful_text_cannot_be_looked_for() -> None:
    found = provider.find_sent(account(), TEXT, datetime.now(UTC), frozenset(), lambda call: None)
    assert found.finding is Finding.CANNOT_TELL


# --- Validate API Key -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", table("telesign_checks"), ids=ids)
def test_what_is_told_of_an_account(case: dict[str, Any]) -> None:
    with responses.RequestsMock() as mock:
        answering(mock, case, NOBODYS)
        [check] = provider.check_credentials(account(), (), lambda call: None)
        assert len(mock.calls) == 1
    assert (check.outcome, check.level) == (case["outcome"], case["level"])
    assert case["says"] in check.text
    assert len(f"{check.level}: {check.text}") <= 300


def asked(first: dict[str, Any] | Exception, second: dict[str, Any] | None = None, **changes: str) -> Any:
    with responses.RequestsMock() as mock:
        if isinstance(first, Exception):
            mock.add(responses.GET, NOBODYS, body=first)
        else:
            mock.add(responses.GET, NOBODYS, status=401, json=first)
        if second is not None:
            mock.add(responses.GET, NOBODYS, status=404, json=second)
        [check] = provider.check_credentials(account(**changes), ("14252306549",), lambda call: None)
    return check


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("connect time-out", "unreachable"),
        ("connection refused", "unreachable"),
        ("no such host", "unreachable"),
        ("read time-out", "slow"),
        ("connection reset", "unreachable"),
    ],
)
def test_telesign_cannot_be_asked(how: str, outcome: str) -> None:
    check = asked(broken(how))
    assert (check.level, check.outcome) == ("error", outcome)
    assert "nothing was validated or changed" in check.text


def test_a_wrong_clock_is_a_warning_while_basic_works() -> None:
    check = asked({"status": {"code": 10004}}, {"status": {"code": 10017}})
    assert (check.level, check.outcome) == ("warning", "good")
    assert "clock" in check.text
    off = asked({"status": {"code": 10004}})
    assert (off.level, off.outcome) == ("error", "clock_off")
    lost = asked({"status": {"code": 10006}}, {"status": {"code": 10017}})
    assert (lost.level, lost.outcome) == ("warning", "good")


def test_only_the_second_key_works() -> None:
    check = asked({"status": {"code": 10022}}, {"status": {"code": 10017}}, secondary_secret=SECOND_KEY)
    assert (check.level, check.outcome) == ("warning", "only_secondary")


def test_whose_a_number_is_is_not_claimed_to_be_known() -> None:
    with responses.RequestsMock() as mock:
        mock.add(responses.GET, NOBODYS, status=404, json={"status": {"code": 10017}})
        [check] = provider.check_credentials(account(), ("14252306549",), lambda call: None)
    assert (check.level, check.outcome, check.number) == ("success", "good", "")
    assert "does not tell which numbers" in check.text


def test_a_key_that_is_not_base64_is_not_asked_about() -> None:
    with responses.RequestsMock() as mock:
        [check] = provider.check_credentials(account(secret="not base64!"), (), lambda call: None)
        assert len(mock.calls) == 0
    assert check.outcome == "bad_credentials"


# --- codes ----------------------------------------------------------------------------------------


def test_every_code_of_a_failure_has_a_sentence_of_its_own() -> None:
    failing = {code for code, state in STATUSES.items() if state in {"failed", "undelivered"}}
    assert failing <= CODES.keys()
    reports = [CODES[code][1] for code in failing]
    assert len(set(reports)) == len(reports)


@pytest.mark.parametrize("code", CODES)
def test_a_sentence_fits_its_word(code: int) -> None:
    error, sentence = CODES[code]
    assert sentence.endswith(".")
    assert len(sentence) <= 200
    assert (ADMIN in sentence) == (error is Error.BAD_CREDENTIALS)


def test_an_unknown_code_is_shown_with_telesigns_words() -> None:
    assert explain(777, "Something new") == (Error.OTHER, "TeleSign reports code 777 (Something new).")
    assert explain(None, "HTTP status 404") == (Error.OTHER, "TeleSign gave no reason (HTTP status 404).")


@pytest.mark.parametrize(("code", "has"), [("207", True), ("10008", False), ("", False), ("²", False)])
def test_where_a_code_is_explained(code: str, has: bool) -> None:
    assert provider.error_url(code).startswith("https://developer.telesign.com/") == has


def test_the_words() -> None:
    assert provider.words.url_before_save
    assert provider.words.secondary_secret == "Secondary API key"
    assert list(provider.channels) == ["sms"]
    assert (provider.channels["sms"].text_limit, provider.channels["sms"].media) == (1600, None)
    assert "{id}" in provider.guide.letter
    assert "{url}" in provider.guide.letter
