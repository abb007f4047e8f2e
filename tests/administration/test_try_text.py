"""Try this text: what it says is what would happen, and nothing is written."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Account, Address, Contact
from conversations.models import Conversation, RoutingDecision
from routing.conditions import Condition, all_of, any_of
from routing.models import RoutingRule
from routing.services import save_rule
from tests.world import CUSTOMER, World, post_webhook, text_params

ROOT = "/api/v1/work-streams/"
BY_NAME = "MYBANK"


def page_url(world: World) -> str:
    return reverse("admin:routing_try_text", args=[world.stream.pk])


def rule(world: World, name: str, condition: Any) -> RoutingRule:
    return save_rule(RoutingRule(work_stream=world.stream, name=name, queue=world.billing), condition)


@pytest.fixture
def rules(world: World) -> list[RoutingRule]:
    Contact.objects.create(
        first_name="Mia",
        last_name="Meier",
        mobile_phone=CUSTOMER,
        account=Account.objects.create(name="Bike Ltd", phone="+14255550111"),
    )
    bill = Condition("first_message", "contains", "bill")
    return [
        rule(world, "Keller", all_of(Condition("contact.last_name", "equals", "Keller"), bill)),
        rule(world, "Bikes", any_of(Condition("account.name", "begins_with", "bike"), bill)),
        rule(world, "Rest", all_of()),
    ]


def row_counts() -> dict[str, int]:
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.managed and not model._meta.swapped
    }


def test_it_shows_who_which_facts_each_verdict_and_the_queue(
    ada: Client, world: World, rules: list[RoutingRule]
) -> None:
    page = ada.post(page_url(world), {"customer": "(425) 555-0100", "text": "About my bill"}).content.decode()

    text = " ".join(page.split())
    assert "Mia Meier</a>" in text
    assert "Contact: Last Name equals “Keller”: <strong>false</strong>" in text
    assert "(it is “Meier”)" in text
    assert "Customer First Message contains “bill”: <strong>true</strong>" in text
    assert "This rule wins." in text
    assert "Not looked at: “Bikes” above it is true." in text
    assert "Rule “Bikes” was true." in text


@pytest.mark.parametrize(
    ("customer", "found"),
    [
        (CUSTOMER, "Mia Meier</a>"),
        ("+14255550177", "No contact has this number: a new Visitor."),
        ("72345", "a new Visitor."),
        (BY_NAME, "No contact has this number: Visitor "),
    ],
)
def test_what_it_says_is_what_happens(
    ada: Client, world: World, rules: list[RoutingRule], drain: Any, customer: str, found: str
) -> None:
    Address.objects.create(kind="alphanumeric", value=BY_NAME)
    page = ada.post(page_url(world), {"customer": customer, "text": "Hello"})
    trial = page.context["trial"]

    post_webhook(world.inbound_url, text_params("Hello", sender=customer))
    drain()

    decision = RoutingDecision.objects.get()
    assert found in page.content.decode()
    assert (trial["queue"], trial["reason"]) == (decision.queue, decision.reason)
    assert [(one["rule"].id, one["rule"].result) for one in trial["rules"]] == [
        (verdict["rule_id"], verdict["result"]) for verdict in decision.verdicts
    ]


def test_nothing_is_written(ada: Client, world: World, rules: list[RoutingRule], api_client: Any) -> None:
    ada.get(page_url(world))  # whatever a first request of a session may write
    before = row_counts()

    ada.post(page_url(world), {"customer": CUSTOMER, "text": "bill"})
    ada.post(page_url(world), {"customer": "+14255550177", "text": ""})
    answer = api_client("ada").post(f"{ROOT}{world.stream.pk}/try/", {"customer": "+14255550178"})

    assert answer.status_code == 200
    assert row_counts() == before
    assert not Address.objects.exists()


@pytest.mark.parametrize(
    "customer",
    ["", "abc 12", "+", "9" * 70, "garbage", "whatsapp:garbage", "12", "99999999", "1" * 18, "\u202e\u200b"],
)
def test_what_is_no_address_is_told_at_its_field(
    ada: Client, world: World, api_client: Any, customer: str
) -> None:
    page = ada.post(page_url(world), {"customer": customer, "text": "x"})
    answer = api_client("ada").post(f"{ROOT}{world.stream.pk}/try/", {"customer": customer})

    assert page.context["form"].errors["customer"]
    assert page.context["trial"] is None
    assert (answer.status_code, list(answer.json())) == (400, ["customer"])


def test_what_would_keep_the_rules_from_being_asked_is_said(
    ada: Client, world: World, rules: list[RoutingRule], drain: Any
) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    going_on = ada.post(page_url(world), {"customer": CUSTOMER, "text": "x"}).content.decode()
    Conversation.objects.update(state="closed")
    Address.objects.update(blocked_until=timezone.now() + timedelta(days=1))
    blocked = ada.post(page_url(world), {"customer": CUSTOMER, "text": "x"}).content.decode()

    assert "the text would join it, and no rule would be asked" in going_on
    assert "This customer is blocked" in blocked


def test_numbers_are_masked_for_those_without_the_right(
    as_user: Any, world: World, rules: list[RoutingRule]
) -> None:
    rule(world, "Phones", all_of(Condition("contact.mobile_phone", "begins_with", "+1")))
    RoutingRule.objects.filter(name__in=["Bikes", "Rest"]).delete()

    page = as_user("sam").post(page_url(world), {"customer": CUSTOMER, "text": "x"}).content.decode()
    result = page[page.index('id="result"') :]

    assert "555-0100" not in result
    assert CUSTOMER not in result
    assert "5550111" not in result.replace("-", "")
    assert "••• 00" in result


def test_agents_try_nothing(as_user: Any, world: World, api_client: Any) -> None:
    body = {"customer": CUSTOMER, "text": "x"}

    assert as_user("alice").post(page_url(world), body).status_code in {302, 403}
    assert api_client("alice").post(f"{ROOT}{world.stream.pk}/try/", body).status_code == 403


def test_the_api_tells_the_same(world: World, rules: list[RoutingRule], api_client: Any) -> None:
    url = f"{ROOT}{world.stream.pk}/try/"

    answer = api_client("ada").post(url, {"customer": CUSTOMER, "text": "x"}, format="json").json()

    assert (answer["customer"], answer["identification"], answer["queue_name"]) == (
        "Mia Meier",
        "one",
        "Billing",
    )
    assert [one["result"] for one in answer["rules"]] == ["false", "true", "skipped"]
    assert answer["rules"][0]["condition"]["conditions"][0] == {
        "is_true": False,
        "words": "Contact: Last Name equals “Keller”",
        "actual": "Meier",
    }
    assert answer["rules"][2]["condition"] is None
    bad = api_client("ada").post(url, {"customer": "x1", "text": "x"}, format="json")
    assert (bad.status_code, list(bad.json())) == (400, ["customer"])
    assert api_client("ada").post(f"{ROOT}999/try/", {"customer": CUSTOMER}).status_code == 404


def test_a_word_is_no_number_unless_a_sender_of_that_name_has_written(ada: Client, world: World) -> None:
    sent = {"customer": "hello", "text": "Hi"}

    assert ada.post(page_url(world), sent).context["form"].errors["customer"]

    Address.objects.create(kind="alphanumeric", value="hello")
    assert "Queue: Default" in ada.post(page_url(world), sent).content.decode()
