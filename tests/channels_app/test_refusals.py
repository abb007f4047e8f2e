"""Refused webhooks: what they were probably signed for, and that only we are told."""

import time

import pytest
from django.utils import timezone

from channels_app import refusals
from channels_app.facts import account_facts
from channels_app.models import ProviderAccount
from channels_app.models_receipts import Refusal
from channels_app.providers.twilio_refusals import FITS_NOTHING, NO_SIGNATURE, candidates
from tests.channels_app.support import encoded, hmac_signature, library_signature, path_of, post
from tests.world import AUTH_TOKEN, CUSTOMER, post_webhook, text_params


@pytest.fixture(autouse=True)
def every_refusal_is_looked_into(monkeypatch):
    monkeypatch.setattr(refusals, "LOOK_EVERY_S", 0.0)


@pytest.fixture(autouse=True)
def public(settings):
    settings.PUBLIC_BASE_URL = "https://texts.example.com"
    settings.ALLOWED_HOSTS = ["*"]


def send(url, *, signed_for=None, token=AUTH_TOKEN, **options):
    params = text_params("Secret words")
    signature = library_signature(signed_for or url, params, token)
    answer = post(path_of(url), encoded(params), signature=signature, **options)
    return answer, Refusal.objects.order_by("-id").first()


CASES = {
    "http instead of https": ("http://texts.example.com{path}", {}),
    "another host, told by a proxy": (
        "https://old.example.com{path}",
        {"X-Forwarded-Host": "old.example.com"},
    ),
    "another host and port": ("http://10.0.0.5:8000{path}", {"X-Forwarded-Host": "10.0.0.5:8000"}),
    "no last slash": ("https://texts.example.com{bare}", {}),
    "with the retry fragment": ("https://texts.example.com{path}#rc=3&rp=all", {}),
}


@pytest.mark.parametrize(("form", "headers"), CASES.values(), ids=CASES)
def test_the_url_it_was_signed_for_is_found(world, form, headers):
    path = path_of(world.inbound_url)
    signed = form.format(path=path, bare=path.rstrip("/"))

    answer, refusal = send(world.inbound_url, signed_for=signed, headers=headers)

    assert (answer.status_code, answer.content) == (403, b"")
    token = world.sms_settings.inbound_url.token
    assert refusal.signed_for == signed.replace(token, "••••")
    assert refusal.verdict.startswith(
        f"Signed for {refusal.signed_for}, we expected https://texts.example.com/"
    )
    assert token not in refusal.computed_url + refusal.verdict + refusal.signed_for


def test_a_url_without_its_query_is_found_and_no_query_is_kept(world):
    url = f"{world.inbound_url}?From={CUSTOMER}&Body=hello"
    _, refusal = send(url, signed_for=world.inbound_url)
    assert refusal.verdict.startswith("Signed for https://texts.example.com/hooks/••••/, we expected")
    assert refusal.computed_url == "https://texts.example.com/hooks/••••/?…"


def test_the_token_of_another_account_of_ours_is_named(world):
    ProviderAccount.objects.create(
        provider="twilio", external_id="ACother", base_url="https://x", secret="another-token"
    )
    _, refusal = send(world.inbound_url, token="another-token")
    assert "fits the Auth Token of account ACother" in refusal.verdict
    assert "another-token" not in refusal.verdict


@pytest.mark.parametrize(("token", "verdict"), [("unknown", FITS_NOTHING), (None, NO_SIGNATURE)])
def test_what_cannot_be_explained_says_so(world, token, verdict):
    if token is None:
        post(path_of(world.inbound_url), encoded(text_params("x")), signature=None)
    else:
        send(world.inbound_url, token=token)
    assert Refusal.objects.get().verdict == verdict


def test_nothing_of_the_body_is_kept(world):
    _, refusal = send(world.inbound_url, token="unknown")
    kept = repr(Refusal.objects.values().get(pk=refusal.pk))
    assert "Secret words" not in kept
    assert CUSTOMER.removeprefix("+") not in kept


def test_few_urls_are_tried_however_many_headers_there_are():
    hosts = [f"h{n}.example" for n in range(500)]
    assert len(candidates(["https://a.example/hooks/x/?a=1", "http://b/hooks/x/?a=1"], hosts)) <= 96


def test_a_flood_of_forgeries_is_looked_into_once_a_second(world, monkeypatch):
    monkeypatch.setattr(refusals, "LOOK_EVERY_S", 60.0)
    refusals._looked.clear()
    for _ in range(3):
        send(world.inbound_url, token="unknown")
    told = list(Refusal.objects.order_by("id").values_list("verdict", flat=True))
    assert told == [FITS_NOTHING, refusals.NOT_LOOKED_INTO, refusals.NOT_LOOKED_INTO]


def test_a_large_forgery_costs_little(world):
    started = time.process_time()
    post(path_of(world.inbound_url), "Body=" + "x" * 900_000, signature=hmac_signature("x", token="y"))
    assert Refusal.objects.get().verdict == "Not looked into: the body is too large for it."
    assert time.process_time() - started < 2


def test_the_right_signature_is_not_looked_into(world, monkeypatch):
    monkeypatch.setattr(refusals, "refuse", None)
    assert post_webhook(world.inbound_url, text_params("Hello")).status_code == 200


def test_health_tells_the_newest_verdict_that_was_found(world, monkeypatch):
    monkeypatch.setattr(refusals, "LOOK_EVERY_S", 60.0)
    refusals._looked.clear()
    for _ in range(3):
        send(world.inbound_url, token="unknown")
    facts = account_facts(world.sms_settings.account, now=timezone.now())
    assert facts.refused_for == FITS_NOTHING


def test_without_a_verdict_health_tells_the_reason(world):
    Refusal.objects.create(account=world.sms_settings.account, reason="No.", verdict=refusals.NOT_LOOKED_INTO)
    assert account_facts(world.sms_settings.account, now=timezone.now()).refused_for == "No."
