"""TeleSign from the front door to the conversation, and back: every shape, each code, what it has not."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import accounts, drift, journal, leaving, missed
from channels_app.models import InboundUrl, ProviderAccount
from channels_app.models_deliveries import Delivery, DeliveryEvent
from channels_app.models_health import AccountWatch
from channels_app.models_receipts import InboundText, WebhookReceipt
from channels_app.providers.base import Outcome, SendResult
from contacts.models import Address
from conversations import inbound
from conversations.models import Conversation, Message
from tests.channels_app.support import delivery_of, ids, path_of, table
from tests.channels_app.telesign import (
    API_KEY,
    CUSTOMER_ID,
    JSON,
    at_telesign,
    authorization,
    encoded,
    reference_id,
    report_body,
    text_body,
)
from tests.world import World


@pytest.fixture
def world(world: World) -> World:
    return at_telesign(world)


def post(url: str, body: bytes, **headers: str) -> Any:
    """As TeleSign posts it: signed twice."""
    signed = authorization(body)
    headers = {"Authorization": signed, "X-TS-Authorization": signed, **headers}
    return Client().generic("POST", path_of(url), body, content_type=JSON, headers=headers)


# --- in -------------------------------------------------------------------------------------------


def words(value: Any) -> Any:
    if value == "HALF":
        return "half \ud83d letter"
    if isinstance(value, str) and value.startswith("REPEAT "):
        return "L" * int(value.split()[1])
    return value


def body_of(case: dict[str, Any]) -> bytes:
    if "raw" in case:
        raw: str = case["raw"]
        return raw[6:].encode("latin-1") if raw.startswith("bytes:") else raw.encode()
    if "only" in case:
        return encoded(case["only"])
    body = text_body(number=0xB01, sender="+14255550142")
    for name, value in case["change"].items():
        inside, _, last = name.rpartition(".")
        part = body[inside] if inside else body
        if value == "DROP":
            del part[last]
        else:
            part[last] = words(value)
    return encoded(body)


@pytest.mark.parametrize("case", table("telesign_inbound"), ids=ids)
def test_what_becomes_of_each_shape(case: dict[str, Any], world: World, drain: Any) -> None:
    expect, body = case["expect"], body_of(case)

    answer = post(world.inbound_url, body)
    assert (answer.status_code, answer.content) == (200, b"")
    drain()

    receipt = WebhookReceipt.objects.get()
    assert receipt.state == expect["receipt"], receipt.reason
    assert expect.get("reason", "") in receipt.reason
    assert bytes(receipt.body) == body
    if receipt.state != "done":
        assert not InboundText.objects.exists()
        assert not Address.objects.exists()
        return
    text = InboundText.objects.get()
    assert (text.provider, text.external_id) == ("telesign", reference_id(0xB01))
    assert (text.address.kind, text.address.value) == (
        expect.get("kind", "phone"),
        expect.get("sender", "+14255550142"),
    )
    assert text.text == words(expect.get("text", "Is my bike ready?"))
    assert text.disposition == expect["disposition"]
    assert text.profile == expect.get("profile", {})
    assert (text.media_count, text.segments) == (0, None)
    assert Message.objects.filter(direction="inbound").count() == (expect["disposition"] == "conversation")


def test_the_signature_is_not_kept(world: World) -> None:
    post(world.inbound_url, encoded(text_body()))
    kept = WebhookReceipt.objects.get().headers
    assert {"authorization", "x-ts-authorization"}.isdisjoint(kept)


def test_a_proxy_may_take_authorization_away(world: World) -> None:
    body = encoded(text_body())
    bare = authorization(body).rpartition(":")[2]
    for headers in ({"X-TS-Authorization": authorization(body)}, {"X-TS-Authorization": bare}):
        answer = Client().generic(
            "POST", path_of(world.inbound_url), body, content_type=JSON, headers=headers
        )
        assert answer.status_code == 200


def test_one_url_takes_the_texts_of_all_numbers_and_each_url_of_the_account(world: World, drain: Any) -> None:
    other = InboundUrl.objects.create(account=world.number.account)
    post(accounts.inbound_address(other), encoded(text_body()))
    drain()
    assert InboundText.objects.get().number == world.number


def test_two_providers_may_have_a_text_of_the_same_id(world: World, drain: Any) -> None:
    receipt = WebhookReceipt.objects
    InboundText.objects.create(
        provider="twilio",
        external_id=reference_id(1),
        address=Address.objects.create(kind="phone", value="+14255550199"),
        to_value="x",
        disposition="kept",
        received_at=timezone.now(),
    )
    post(world.inbound_url, encoded(text_body()))
    drain()
    assert receipt.get().state == "done"
    assert InboundText.objects.count() == 2


# --- reports --------------------------------------------------------------------------------------


def on_its_way(world: World, state: str, *, number: int = 1) -> Delivery:
    delivery = delivery_of(world)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state,
        external_id="" if state in {"leaving", "unknown"} else reference_id(number),
        left_at=timezone.now(),
        attempts=1,
        is_news=False,
    )
    return Delivery.objects.get(pk=delivery.pk)


def tell(url: str, body: dict[str, Any]) -> WebhookReceipt:
    assert post(url, encoded(body)).status_code == 200
    inbound.take_one()
    return WebhookReceipt.objects.latest("id")


@pytest.mark.parametrize("case", table("telesign_reports"), ids=ids)
def test_what_becomes_of_each_report(case: dict[str, Any], world: World) -> None:
    delivery = on_its_way(world, case["start"])
    receipt = tell(world.inbound_url, report_body(case["code"], reference=delivery.reference))
    assert receipt.state == "done", receipt.reason
    delivery.refresh_from_db()
    assert (delivery.state, delivery.external_id) == (case["state"], reference_id(1))
    if case["state"] != case["start"]:
        assert delivery.error == case["error"]
        assert delivery.provider_code == (str(case["code"]) if case["error"] else "")
        assert case["explains"] in delivery.explanation
    assert DeliveryEvent.objects.filter(delivery=delivery).exists()


def test_a_code_that_changes_nothing_is_told_in_the_events(world: World) -> None:
    delivery = on_its_way(world, "sent")
    tell(world.inbound_url, report_body(250))
    event = DeliveryEvent.objects.get(delivery=delivery)
    assert (event.word, event.provider_code) == ("no news", "250")
    assert "could not find out" in event.detail


def test_a_report_that_is_faster_than_our_answer_finds_its_text_by_our_id(world: World) -> None:
    delivery = delivery_of(world)
    claimed = leaving.claim_next(now=timezone.now())
    assert claimed is not None
    tell(world.inbound_url, report_body(200, reference=delivery.reference))
    leaving.settle(claimed, SendResult(Outcome.ACCEPTED, "sending", reference_id(1)), now=timezone.now())
    delivery.refresh_from_db()
    assert (delivery.state, delivery.external_id) == ("delivered", reference_id(1))


def test_a_report_settles_a_text_in_doubt(world: World) -> None:
    delivery = on_its_way(world, "unknown")
    tell(world.inbound_url, report_body(203, reference=delivery.reference))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.external_id) == ("sent", reference_id(1))


@pytest.mark.parametrize("reference", ["{pk}", "{pk}-0", "{pk}-", "x", "", "{pk}-{wrong}", "9" * 40])
def test_an_id_of_another_installation_is_not_taken_for_ours(world: World, reference: str) -> None:
    """Two installations on one account count alike, and TeleSign posts the reports of both to one of them."""
    delivery = on_its_way(world, "unknown")
    wrong = f"{int(delivery.reference.partition('-')[2], 16) + 1:x}"
    tell(world.inbound_url, report_body(200, reference=reference.format(pk=delivery.pk, wrong=wrong)))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.external_id) == ("unknown", "")


def test_our_id_does_not_count_against_telesigns(world: World) -> None:
    delivery = on_its_way(world, "sent", number=1)
    tell(world.inbound_url, report_body(207, number=2, reference=delivery.reference))
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_the_url_is_not_signed_and_chooses_nothing(world: World) -> None:
    """Whoever holds one genuine report could post it to the status address of any other text."""
    delivery = on_its_way(world, "unknown")
    receipt = tell(f"{world.inbound_url}status/{delivery.pk}/", report_body(207, number=5))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.external_id) == ("unknown", "")
    assert "No text of ours" in receipt.reason


def test_a_report_of_another_account_does_nothing(world: World) -> None:
    delivery = on_its_way(world, "unknown")
    theirs = ProviderAccount.objects.create(
        provider="telesign",
        external_id=CUSTOMER_ID.replace("5", "6"),
        base_url="https://rest-ww.telesign.com",
        secret=API_KEY,
    )
    url = accounts.inbound_address(InboundUrl.objects.create(account=theirs))
    body = encoded(report_body(200, reference=delivery.reference))
    bare = {"Authorization": authorization(body).rpartition(":")[2], "X-TS-Authorization": ""}
    assert post(url, body, **bare).status_code == 200
    inbound.take_one()
    delivery.refresh_from_db()
    assert delivery.state == "unknown"


# --- what TeleSign has not ------------------------------------------------------------------------


def test_nothing_can_be_fetched_and_nobody_tries(world: World) -> None:
    result = missed.fetch(world.number.account, now=timezone.now())
    assert result.sentence.startswith("TeleSign keeps no list of customers' texts")
    assert (result.listed, result.missing) == (0, 0)
    assert not AccountWatch.objects.filter(fetched_at__isnull=False).exists()
    later = timezone.now() + 3 * missed.EVERY
    assert missed.claim_due(now=later) is None
    assert not missed.fetch_one()


def test_nobody_looks_where_its_numbers_post_to(world: World) -> None:
    assert "does not tell" in drift.look(world.number.account, now=timezone.now())
    AccountWatch.objects.update(next_drift_check_at=timezone.now())
    assert not drift.look_at_one()


def test_channel_health_offers_only_what_there_is(world: World, as_user: Any) -> None:
    page = as_user("ada").get(reverse("admin:channel-health")).content.decode()
    assert "Fetch missed messages</button>" not in page
    assert "TeleSign keeps no list to compare with" in page
    assert "TeleSign does not tell where it posts to" in page
    assert "<dt>API key</dt>" in page
    assert "Twilio" not in page


def test_a_text_in_doubt_stays_for_a_person_to_decide(world: World, drain: Any) -> None:
    delivery = on_its_way(world, "unknown")
    Delivery.objects.update(left_at=timezone.now() - 10 * missed.EVERY, next_attempt_at=timezone.now())
    drain()
    delivery.refresh_from_db()
    assert delivery.state == "unknown"


def test_a_refusal_speaks_telesigns_words(world: World, as_user: Any) -> None:
    answer = post(world.inbound_url, encoded(text_body()), **{"Authorization": "x", "X-TS-Authorization": ""})
    assert answer.status_code == 403
    page = as_user("ada").get(reverse("admin:channels_app_refusal_changelist")).content.decode()
    assert "TeleSign signs the body alone" in page


def test_the_journal_shows_a_request_without_secrets(world: World, as_user: Any, drain: Any) -> None:
    post(world.inbound_url, encoded(text_body("the secret word")))
    drain()
    receipt = WebhookReceipt.objects.get()
    url = reverse("admin:channels_app_webhookreceipt_change", args=[receipt.pk])
    page = as_user("ada").get(url).content.decode()
    assert reference_id(1) in page
    assert world.sms_settings.inbound_url.token not in page
    assert json.loads(bytes(receipt.body))["reference_id"] == reference_id(1)
    assert Conversation.objects.count() == 1


# --- forms ----------------------------------------------------------------------------------------


def test_a_key_that_is_not_base64_is_told_at_its_field(world: World) -> None:
    with pytest.raises(accounts.Conflict, match="base64") as refused:
        accounts.check_sms_settings(
            sms_settings=world.sms_settings,
            provider="telesign",
            external_id=CUSTOMER_ID,
            base_url="https://rest-ww.telesign.com",
            secret="not base64!",
            secondary_secret=None,
        )
    assert refused.value.field == "api_key"


def test_who_may_not_see_customers_reads_of_a_json_body_what_tells_nothing_of_them(world: World) -> None:
    body = text_body("the secret word")
    body["new"] = [{"deep": {"deeper": {"deepest": 1}}}]
    post(world.inbound_url, encoded(body))
    receipt = WebhookReceipt.objects.get()
    receipt.number = world.number

    masked = journal.shown(receipt, secrets=[API_KEY], whole=False)
    told = dict(masked.parameters)
    assert told["reference_id"] == reference_id(1)
    assert told["status.code"] == "1500"
    assert told["user_response.sender_id"] == "14252306549"
    assert told["user_response.phone_number"] == "+1 ••• ••• 00"
    assert told["user_response.mo_message"] == "••••"
    assert "secret word" not in repr(masked)
    assert "4255550100" not in repr(masked)

    whole = dict(journal.shown(receipt, secrets=[API_KEY], whole=True).parameters)
    assert whole["user_response.mo_message"] == "the secret word"
    assert whole["new.0.deep.deeper"] == "…"


@pytest.mark.parametrize("raw", ["", "no JSON", "[" * 5000, "9" * 5000])
def test_what_is_no_json_has_no_parameters(raw: str) -> None:
    assert journal.json_pairs(raw) == []


def test_a_giant_of_json_is_shown_in_part() -> None:
    assert len(journal.json_pairs(json.dumps(list(range(5000))))) == journal.MOST_PAIRS
