"""Texts on their way out, at the HTTP seam: what is asked of Twilio, and what becomes of each answer."""

import base64
import socket
import threading
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
import requests
import responses
import time_machine
from django.db import connection
from django.utils import timezone
from urllib3 import exceptions as urllib3_failures

from channels_app import doubt, leaving
from channels_app.models import InboundUrl, ProviderAccount
from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.models_receipts import OptOut
from channels_app.providers.base import Error, Outcome, SendResult
from omnichannel.lib import backoff
from tests.channels_app.support import MESSAGES, accept, delivery_of, ids, message_json, table
from tests.world import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, OUR_NUMBER, sid


def settled(delivery: Delivery) -> Delivery:
    return Delivery.objects.get(pk=delivery.pk)


def answers(twilio: responses.RequestsMock, answer: dict) -> None:
    parts = {"json": answer["json"]} if "json" in answer else {"body": answer.get("body", "")}
    if "message" in answer:
        parts = {"json": message_json(0xC01, **answer["message"])}
    twilio.add(responses.POST, MESSAGES, status=answer["status"], headers=answer.get("headers"), **parts)


def broken(how: str) -> Exception:
    """What requests raises, as its adapter wraps it."""
    pool = urllib3_failures
    return {
        "connect time-out": requests.ConnectTimeout(),
        "connection refused": requests.ConnectionError(
            pool.MaxRetryError(
                None, "/", reason=pool.NewConnectionError(None, "[Errno 111] Connection refused")
            )
        ),
        "no such host": requests.ConnectionError(
            pool.MaxRetryError(
                None, "/", reason=pool.NameResolutionError("h", None, socket.gaierror(-2, "?"))
            )
        ),
        "read time-out": requests.ReadTimeout(),
        "connection reset": requests.ConnectionError(
            pool.ProtocolError("aborted", ConnectionResetError(104, "reset"))
        ),
        "answer cut off": requests.exceptions.ChunkedEncodingError(),
        "redirects without end": requests.TooManyRedirects(),
    }[how]


# --- what is asked --------------------------------------------------------------------------------


def test_the_request(world, twilio, drain):
    accept(twilio)
    delivery = delivery_of(world, "Grüezi 🙂 & <b>+1</b>")
    drain()

    [call] = twilio.calls
    assert (call.request.method, call.request.url) == ("POST", MESSAGES)
    token = InboundUrl.objects.get().token
    assert dict(parse_qsl(call.request.body, keep_blank_values=True)) == {
        "To": CUSTOMER,
        "From": f"+{OUR_NUMBER}",
        "Body": "Grüezi 🙂 & <b>+1</b>",
        "StatusCallback": f"https://desk.example.test/hooks/{token}/status/{delivery.pk}/",
    }
    basic = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    assert call.request.headers["Authorization"] == f"Basic {basic}"
    assert call.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert call.request.req_kwargs["timeout"] == (3.0, 25.0)
    assert call.request.req_kwargs["verify"]


def test_without_an_inbound_url_no_report_is_asked_for(world, twilio, drain):
    accept(twilio)
    InboundUrl.objects.update(retired_at=timezone.now())
    delivery_of(world)
    drain()
    assert "StatusCallback" not in dict(parse_qsl(twilio.calls[0].request.body, keep_blank_values=True))


def test_reports_come_to_the_newest_url_in_use(world, twilio, drain):
    accept(twilio)
    account = ProviderAccount.objects.get()
    newest = InboundUrl.objects.create(account=account)
    InboundUrl.objects.create(account=account, retired_at=timezone.now())
    delivery_of(world)
    drain()
    assert f"/hooks/{newest.token}/status/" in dict(parse_qsl(twilio.calls[0].request.body))["StatusCallback"]


def test_another_base_url_takes_the_same_path(world, twilio, drain):
    ProviderAccount.objects.update(base_url="https://api.dublin.ie1.twilio.com")
    twilio.add(
        responses.POST,
        MESSAGES.replace("api.twilio.com", "api.dublin.ie1.twilio.com"),
        json=message_json(),
        status=201,
    )
    delivery = delivery_of(world)
    drain()
    assert settled(delivery).state == "queued"


def test_the_environment_names_neither_account_nor_region(world, twilio, drain, monkeypatch):
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_REGION", "TWILIO_EDGE"):
        monkeypatch.setenv(name, "intruder")
    accept(twilio)
    delivery = delivery_of(world)
    drain()
    assert settled(delivery).state == "queued"


def test_the_call_is_in_the_journal_without_secrets(world, twilio, drain):
    twilio.add(
        responses.POST, MESSAGES, status=201, json=message_json(auth_token="x", note=f"is {AUTH_TOKEN}")
    )
    delivery = delivery_of(world)
    drain()
    call = ProviderCall.objects.get()
    assert (call.delivery, call.method, call.url, call.status) == (delivery, "POST", MESSAGES, 201)
    assert AUTH_TOKEN not in repr(ProviderCall.objects.values().get())
    assert '"auth_token": "••••"' in call.answer


# --- what is answered -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", table("send"), ids=ids)
def test_what_becomes_of_each_answer(case, world, twilio):
    if "breaks" in case:
        twilio.add(responses.POST, MESSAGES, body=broken(case["breaks"]))
    else:
        answers(twilio, case["answer"])
    delivery = delivery_of(world)
    now = timezone.now()

    with time_machine.travel(now, tick=False):
        assert leaving.send_one()
        assert not leaving.send_one()

    kept = settled(delivery)
    assert kept.state == case["state"], kept.explanation
    assert (kept.error, kept.provider_code) == (case.get("error", ""), case.get("code", kept.provider_code))
    assert case.get("explains", "") in kept.explanation
    assert bool(kept.explanation) == bool(case.get("error") or case.get("explains"))
    assert kept.external_id == (sid(0xC01) if case.get("external_id") else "")
    assert OptOut.objects.filter(ended_at=None).exists() == case.get("opt_out", False)
    assert kept.attempts == 1
    assert len(twilio.calls) == ProviderCall.objects.count() == 1
    assert kept.is_news
    assert kept.events.exists()
    if case["state"] == "pending":
        assert kept.next_attempt_at == now + backoff.delay(1)


@pytest.mark.parametrize("case", [c for c in table("send") if c["state"] == "pending"], ids=ids)
def test_what_surely_was_not_sent_leaves_later_on_the_same_row(case, world, twilio, drain):
    if "breaks" in case:
        twilio.add(responses.POST, MESSAGES, body=broken(case["breaks"]))
    else:
        answers(twilio, case["answer"])
    accept(twilio)
    delivery = delivery_of(world)
    drain()
    with time_machine.travel(timezone.now() + backoff.delay(1) + timedelta(seconds=1)):
        drain()
    kept = settled(delivery)
    assert (kept.state, kept.attempts, kept.external_id) == ("queued", 2, sid(1))
    assert (kept.error, kept.provider_code, kept.explanation) == ("", "", "")
    assert Delivery.objects.count() == 1
    assert [e.word for e in kept.events.order_by("id")] == ["leaving", "not_sent", "leaving", "queued"]


@pytest.mark.parametrize("case", [c for c in table("send") if c["state"] not in {"pending"}], ids=ids)
def test_everything_else_is_never_sent_again_by_itself(case, world, twilio, drain):
    if "breaks" in case:
        twilio.add(responses.POST, MESSAGES, body=broken(case["breaks"]))
    else:
        answers(twilio, case["answer"])
    delivery_of(world)
    now = timezone.now()
    for minutes in (0, 1, 10, 100, 1000):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            drain()
    assert len([call for call in twilio.calls if call.request.method == "POST"]) == 1


def test_the_back_off_grows_with_each_try(world, twilio):
    twilio.add(responses.POST, MESSAGES, status=429)
    delivery = delivery_of(world)
    at = timezone.now()
    for attempt in range(1, 12):
        with time_machine.travel(at, tick=False):
            assert leaving.send_one()
            assert not leaving.send_one()
        at += backoff.delay(attempt)
        assert settled(delivery).next_attempt_at == at
    assert settled(delivery).state == "pending"


def test_tls_to_a_server_that_speaks_none_was_surely_not_sent(world, drain):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as accepted:
                accepted.recv(1024)
                accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        ProviderAccount.objects.update(base_url=f"https://127.0.0.1:{listening.getsockname()[1]}")
        delivery = delivery_of(world)
        drain()
        thread.join(5)
    assert (settled(delivery).state, settled(delivery).error) == ("pending", "unavailable")


# --- two tokens -----------------------------------------------------------------------------------


def with_secondary() -> None:
    account = ProviderAccount.objects.get()
    account.secondary_secret = "second-token"
    account.save()


def tokens_used(twilio: responses.RequestsMock) -> list[str]:
    return [
        base64.b64decode(call.request.headers["Authorization"].split()[1]).decode().partition(":")[2]
        for call in twilio.calls
    ]


@pytest.mark.parametrize(
    "refusal", [{"json": {"code": 20003}}, {"json": {"code": 20005}}, {"json": {}}, {"body": ""}]
)
def test_on_401_the_secondary_token_is_tried_once_and_promoting_it_is_suggested(
    world, twilio, drain, refusal
):
    with_secondary()
    twilio.add(responses.POST, MESSAGES, status=401, **refusal)
    accept(twilio)
    delivery = delivery_of(world)
    drain()
    assert tokens_used(twilio) == [AUTH_TOKEN, "second-token"]
    assert settled(delivery).state == "queued"
    assert "promote" in ProviderAccount.objects.get().last_validation_status


def test_when_both_are_refused_it_is_failed(world, twilio, drain):
    with_secondary()
    twilio.add(responses.POST, MESSAGES, status=401, json={"code": 20003})
    delivery = delivery_of(world)
    drain()
    assert len(twilio.calls) == 2
    assert (settled(delivery).state, settled(delivery).provider_code) == ("failed", "20003")
    assert tokens_used(twilio) == [AUTH_TOKEN, "second-token"]
    assert "promote" not in ProviderAccount.objects.get().last_validation_status


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_on_anything_else_it_is_not_tried(world, twilio, drain, status):
    with_secondary()
    twilio.add(responses.POST, MESSAGES, status=status, json={"code": 20003})
    delivery_of(world)
    drain()
    assert tokens_used(twilio) == [AUTH_TOKEN]


def test_when_the_second_try_breaks_nobody_knows(world, twilio, drain):
    with_secondary()
    twilio.add(responses.POST, MESSAGES, status=401, json={"code": 20003})
    twilio.add(responses.POST, MESSAGES, body=requests.ReadTimeout())
    delivery = delivery_of(world)
    drain()
    assert settled(delivery).state == "unknown"


# --- at most once ---------------------------------------------------------------------------------


def test_a_delivery_is_claimed_once(world):
    delivery = delivery_of(world)
    now = timezone.now()
    assert leaving.claim_next(now=now) == delivery
    assert leaving.claim_next(now=now) is None
    assert settled(delivery).left_at == now


def test_a_sender_that_died_leaves_doubt_and_no_second_text(world, twilio, drain):
    delivery = delivery_of(world)
    now = timezone.now()
    leaving.claim_next(now=now)
    twilio.add(responses.GET, MESSAGES, status=500)
    with time_machine.travel(now + doubt.LEAVING_AT_MOST - timedelta(seconds=1), tick=False):
        drain()
    assert settled(delivery).state == "leaving"
    with time_machine.travel(now + doubt.LEAVING_AT_MOST + timedelta(seconds=1), tick=False):
        drain()
    kept = settled(delivery)
    assert (kept.state, kept.error) == ("unknown", "ambiguous")
    assert "stopped" in kept.explanation
    assert not [call for call in twilio.calls if call.request.method == "POST"]


def test_an_outcome_that_comes_after_it_was_given_up_still_counts(world):
    delivery = delivery_of(world)
    now = timezone.now()
    claimed = leaving.claim_next(now=now)
    doubt.abandon_stale(now=now + timedelta(hours=1))
    assert settled(delivery).state == "unknown"

    leaving.settle(claimed, SendResult(Outcome.ACCEPTED, "queued", sid(1)), now=now + timedelta(hours=1))
    assert (settled(delivery).state, settled(delivery).external_id) == ("queued", sid(1))


@pytest.mark.parametrize("outcome", ["not_sent", "refused", "ambiguous"])
def test_no_later_outcome_takes_it_back_from_doubt(world, outcome):
    """Given up for dead, then its sender comes back: what may be sent again is decided once."""

    delivery = delivery_of(world)
    now = timezone.now()
    claimed = leaving.claim_next(now=now)
    doubt.abandon_stale(now=now + timedelta(hours=1))
    leaving.settle(
        claimed, SendResult(Outcome(outcome), error=Error.UNAVAILABLE), now=now + timedelta(hours=1)
    )
    assert settled(delivery).state == "unknown"


def test_the_journal_going_down_after_the_answer_does_not_send_it_again(world, twilio, drain, monkeypatch):
    accept(twilio)
    delivery = delivery_of(world)

    def broken_journal(**_):
        raise RuntimeError("disk full")

    monkeypatch.setattr(ProviderCall.objects, "create", broken_journal)
    with pytest.raises(RuntimeError):
        leaving.send_one()
    assert settled(delivery).state == "leaving"
    monkeypatch.undo()
    drain()
    assert len(twilio.calls) == 1


def test_no_request_is_made_inside_a_transaction(world, twilio, monkeypatch):
    """Held open, it would keep the number's row locked for half a minute."""

    depths = []

    def seen(request):
        depths.append(len(connection.savepoint_ids))
        return (201, {}, "{}")

    twilio.add_callback(responses.POST, MESSAGES, callback=seen)
    delivery_of(world)
    outside = len(connection.savepoint_ids)
    leaving.send_one()
    assert depths == [outside]
