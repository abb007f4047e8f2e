"""The door of the webhooks: what is answered, what is kept, and what it costs."""

import json
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_app import accounts, doors, receipts
from channels_app.models import InboundUrl, ProviderAccount
from channels_app.models_receipts import Refusal, WebhookReceipt
from channels_app.providers.twilio_signature import form_pairs
from channels_app.views import LARGEST_BODY
from tests.channels_app.support import FORM, encoded, hmac_signature, path_of, post, sha256
from tests.world import AUTH_TOKEN, post_webhook, text_params

TRANSACTION_WORDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def test_the_answer_is_an_empty_twiml_document(world):
    answer = post_webhook(world.inbound_url, text_params("Hello"))
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "text/xml", b"<Response/>")
    assert "Set-Cookie" not in answer


def test_the_request_is_kept_as_it_came_without_signature_and_credentials(world):
    params = text_params("Hello")
    post_webhook(
        world.inbound_url,
        params,
        Authorization="Basic abc",
        Cookie="a=b",
        **{"I-Twilio-Idempotency-Token": "7"},
    )
    kept = WebhookReceipt.objects.get()
    assert bytes(kept.body).decode() == encoded(params)
    assert kept.path == path_of(world.inbound_url)
    assert kept.account_id == world.number.account_id
    assert kept.headers["i-twilio-idempotency-token"] == "7"
    assert {"authorization", "cookie"}.isdisjoint(kept.headers)
    assert "Basic abc" not in str(kept.headers)
    assert kept.headers["x-twilio-signature"] == "••••"


@pytest.mark.parametrize(
    "path", ["/hooks/" + "x" * 43 + "/", "/hooks/" + "x" * 43 + "/status/1/", "/hooks/short/", "/hooks/"]
)
def test_an_unknown_token_is_not_found(world, path):
    answer = post(path, "Body=hi", signature="x")
    assert answer.status_code == 404
    assert not WebhookReceipt.objects.exists()
    assert not Refusal.objects.exists()


@pytest.mark.parametrize(
    "end", ["/status/", "/status/x/", "/status/-1/", "/status/1" + "0" * 18 + "/", "/more/"]
)
def test_an_address_that_is_not_ours_is_not_found(world, end):
    assert post(path_of(world.inbound_url).rstrip("/") + end, "", signature="x").status_code == 404


def test_a_retired_token_is_not_found_once_the_memory_is_over(world):
    assert post_webhook(world.inbound_url, text_params("one")).status_code == 200
    InboundUrl.objects.update(retired_at=timezone.now())
    doors.forget_doors()
    assert post_webhook(world.inbound_url, text_params("two")).status_code == 404


def test_an_unsigned_request_to_a_retired_token_is_not_found_even_while_remembered(world):
    post_webhook(world.inbound_url, text_params("one"))
    InboundUrl.objects.update(retired_at=timezone.now())
    assert post_webhook(world.inbound_url, text_params("two"), token="wrong").status_code == 404
    assert not Refusal.objects.exists()


def test_a_further_url_of_the_account_works_as_well(world):
    url = InboundUrl.objects.create(account=ProviderAccount.objects.get())
    assert post_webhook(accounts.inbound_address(url), text_params("Hello")).status_code == 200
    assert post_webhook(world.inbound_url, text_params("Hello", number=2)).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
def test_another_method_is_not_allowed(world, method):
    answer = Client().generic(method, path_of(world.inbound_url), "Body=hi", content_type=FORM)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("size", "status"), [(LARGEST_BODY, 200), (LARGEST_BODY + 1, 413), (3 * LARGEST_BODY, 413)]
)
def test_a_megabyte_is_the_most(world, size, status):
    body = b"Body=" + b"a" * (size - 5)
    signature = hmac_signature(world.inbound_url, b"Body" + body[5:])
    assert post(path_of(world.inbound_url), body, signature=signature).status_code == status
    assert WebhookReceipt.objects.count() == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("length", "status"),
    [
        ("1000001", 413),
        ("99999999999999", 413),
        ("7", 403),
        ("0", 403),
        ("-1", 403),
        ("many", 403),
        ("", 403),
        ("٣", 403),
    ],
)
def test_a_content_length_that_is_not_true(world, length, status):
    answer = post(path_of(world.inbound_url), b"Body=hello", signature="x", CONTENT_LENGTH=length)
    assert answer.status_code == status
    assert not WebhookReceipt.objects.exists()


# --- refusals -------------------------------------------------------------------------------------


def test_a_refusal_keeps_what_helps_and_no_body(world):
    answer = post_webhook(
        world.inbound_url, text_params("very private"), token="wrong", **{"X-Forwarded-For": "10.1.1.1"}
    )
    assert (answer.status_code, answer.content) == (403, b"")
    kept = Refusal.objects.get()
    assert kept.computed_url == world.inbound_url.replace(world.sms_settings.inbound_url.token, "••••")
    assert "x-twilio-signature" in kept.headers_present
    assert "x-forwarded-for" in kept.headers_present
    assert "signature" in kept.reason
    assert "private" not in repr(kept.__dict__)
    assert "10.1.1.1" not in repr(kept.__dict__)
    assert not WebhookReceipt.objects.exists()


def test_only_the_last_fifty_refusals_of_an_account_are_kept(world):
    other = ProviderAccount.objects.create(
        provider="twilio", external_id="AC" + "9" * 32, base_url="https://api.twilio.com", secret="x"
    )
    receipts.refuse(account_id=other.pk, reason="other", computed_url="u", headers={})
    for number in range(60):
        receipts.refuse(
            account_id=world.number.account_id, reason=str(number), computed_url="u", headers={"a": "b"}
        )
    kept = Refusal.objects.filter(account_id=world.number.account_id).order_by("id")
    assert [refusal.reason for refusal in kept] == [str(number) for number in range(10, 60)]
    assert Refusal.objects.filter(account=other).count() == 1


# --- what it costs --------------------------------------------------------------------------------


def statements(world, params, status=200, **options) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert post_webhook(world.inbound_url, params, **options).status_code == status
    return [
        q["sql"] for q in captured if not q["sql"].lstrip("-").strip().upper().startswith(TRANSACTION_WORDS)
    ]


def test_a_webhook_costs_four_statements_at_most(world):
    first = statements(world, text_params("one"))
    assert len(first) <= 4, first
    warm = statements(world, text_params("two", number=2))
    assert len(warm) <= 2, warm


def test_a_repeat_costs_no_more(world):
    post_webhook(world.inbound_url, text_params("one"))
    WebhookReceipt.objects.update(state="failed")
    assert len(statements(world, text_params("one"))) <= 4


def test_verifying_very_many_parameters_is_quick(world):
    """So that nobody can keep a worker busy with a body that is cheap to send."""
    body = "&".join(f"n{number}=v" for number in range(50_000))
    started = time.process_time()
    assert post(path_of(world.inbound_url), body, signature="x").status_code == 403
    assert time.process_time() - started < 4


# --- never a 500 ----------------------------------------------------------------------------------

TYPES = st.sampled_from(
    [
        FORM,
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/json; charset=latin-1",
        "ä/ö",
        "x" * 400,
        "application/x-www-form-urlencoded\x00",
    ]
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=80).map(
        lambda t: encoded({"Body": t, "From": t, "To": t, "MessageSid": t or "S"}).encode()
    ),
    st.text(max_size=80).map(
        lambda t: f"From={t}&To=%&Body=%zz&MessageSid=1&SmsStatus=received&=&&=".encode()
    ),
    st.recursive(
        st.none() | st.floats() | st.text(max_size=5),
        lambda c: st.lists(c) | st.dictionaries(st.text(max_size=3), c),
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b'{"From": "\\ud800", "To": "+14252306549", "Body": "\\udfff", "MessageSid": "SM1"}',
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b'{"MessageSid": ' + b"9" * 5000 + b"}",
            b"\xff\xfe{\x00}\x00",
            b"\xef\xbb\xbf{}",
        ]
    ),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "HTTP_X_TWILIO_SIGNATURE",
            "HTTP_X_FORWARDED_FOR",
            "HTTP_USER_AGENT",
            "HTTP_X_ANY",
            "HTTP_COOKIE",
            "HTTP_ACCEPT",
            "HTTP_AUTHORIZATION",
            "HTTP_X_FORWARDED_PROTO",
        ]
    ),
    st.text(st.characters(max_codepoint=255), max_size=60),
    max_size=4,
)
QUIET = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@QUIET
@given(
    body=BODIES,
    content_type=TYPES,
    headers=HEADERS,
    query=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30),
)
def test_no_request_is_answered_with_a_500(world, body, content_type, headers, query):
    path = path_of(world.inbound_url)
    answer = Client().generic("POST", path, body, content_type=content_type, QUERY_STRING=query, **headers)
    assert answer.status_code in {200, 400, 403, 413}
    assert Client().generic("GET", path, QUERY_STRING=query, **headers).status_code in {200, 400, 403}


@QUIET
@given(body=BODIES, content_type=TYPES)
def test_whatever_is_signed_is_taken_and_ends_somewhere(world, drain, body, content_type):
    """Signed garbage is kept, and its receipt ends as done, ignored or failed: it is never lost nor a 500."""
    url = f"{world.inbound_url}?bodySHA256={sha256(body)}"

    is_form = "x-www-form-urlencoded" in content_type
    raw = b"".join(name + value for name, value in sorted(set(form_pairs(body)))) if is_form else b""
    answer = post(path_of(url), body, signature=hmac_signature(url, raw), content_type=content_type)
    assert answer.status_code == 200
    drain()
    newest = WebhookReceipt.objects.order_by("-id")[0]
    assert newest.state in {"done", "ignored", "failed"}, newest.reason


@pytest.mark.parametrize(
    "host",
    [
        "",
        "[::::1]",
        "[::1",
        "evil.example",
        "a" * 300,
        "testserver:99999",
        "testserver:x",
        "testserver:",
        "tést",
    ],
)
def test_no_host_header_is_answered_with_a_500(world, settings, host):
    for allowed in (settings.ALLOWED_HOSTS, ["*"]):
        settings.ALLOWED_HOSTS = allowed
        answer = post(path_of(world.inbound_url), "Body=hi", signature="x", HTTP_HOST=host)
        assert answer.status_code in {400, 403}


def test_a_failed_receipt_is_reopened_by_a_repeat(world, drain):
    params = text_params("Hello")
    post_webhook(world.inbound_url, params)
    WebhookReceipt.objects.update(
        state="failed", attempts=5, reason="x", next_attempt_at=timezone.now() + timedelta(days=1)
    )
    assert post_webhook(world.inbound_url, params).status_code == 200
    again = WebhookReceipt.objects.get()
    assert (again.state, again.attempts, again.reason) == ("received", 0, "")
    drain()
    again.refresh_from_db()
    assert again.state == "done"


def test_the_token_of_the_account_is_not_in_what_is_kept(world):
    post_webhook(world.inbound_url, text_params("Hello"))
    assert AUTH_TOKEN not in repr(WebhookReceipt.objects.values().get())
