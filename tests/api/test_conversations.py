"""Conversations, messages, receipts and deliveries over the API."""

from typing import Any

import pytest

from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import WebhookReceipt
from contacts.models import Contact
from conversations.models import Conversation, Message
from routing.models import RoutingRule
from routing.services import save_rule
from tests.api.conftest import Api
from tests.world import ACCOUNT_SID, CUSTOMER, OUR_NUMBER, World, post_webhook, sid, text_params

ROOT = "/api/v1/"


def url(conversation: Conversation, action: str = "") -> str:
    return f"{ROOT}conversations/{conversation.pk}/" + (f"{action}/" if action else "")


@pytest.fixture
def billing_conversation(world: World, drain: Any) -> Conversation:
    """Open, in Billing: Alice is no member."""
    save_rule(RoutingRule(work_stream=world.stream, name="All", queue=world.billing))
    post_webhook(world.inbound_url, text_params("My invoice"))
    drain()
    return Conversation.objects.get()


def test_a_conversation_tells_what_the_contract_says(
    world: World, api: Api, conversation: Conversation
) -> None:
    found = api("alice").get(url(conversation)).json()

    expected = {
        "id": conversation.pk,
        "title": conversation.title,
        "state": "open",
        "work_stream": "Support by SMS",
        "work_stream_id": world.stream.pk,
        "queue": "Default queue",
        "queue_id": world.default_queue.pk,
        "agent": None,
        "contact": None,
        "customer_address": CUSTOMER,
        "number": OUR_NUMBER,
        "transfer_count": 0,
    }
    assert {name: found[name] for name in expected} == expected
    assert {"created_at", "state_changed_at", "last_message_at"} <= found.keys()


def test_a_conversation_is_worked_on_from_pick_to_closed(
    world: World, api: Api, conversation: Conversation
) -> None:
    client, states = api("alice"), []

    for action in ("pick", "release", "pick", "close-session", "pick", "end", "close-session"):
        answer = client.post(url(conversation, action))
        assert answer.status_code == 200, answer.content
        states.append((action, answer.json()["state"], answer.json()["agent"]))

    assert states == [
        ("pick", "active", "alice"),
        ("release", "open", None),
        ("pick", "active", "alice"),
        ("close-session", "waiting", "alice"),
        ("pick", "active", "alice"),
        ("end", "wrap_up", "alice"),
        ("close-session", "closed", "alice"),
    ]


def test_a_reply_is_created_and_leaves(world: World, api: Api, conversation: Conversation) -> None:
    client = api("alice")
    client.post(url(conversation, "pick"))

    answer = client.post(url(conversation, "reply"), {"text": "Hello to you"})

    assert answer.status_code == 201
    message = answer.json()
    assert (message["direction"], message["text"], message["status"]) == (
        "outbound",
        "Hello to you",
        "pending",
    )
    assert (message["conversation"], message["author"]) == (conversation.pk, "alice")
    assert Delivery.objects.get().text == "Hello to you"


def test_a_note_stays_among_us(world: World, api: Api, conversation: Conversation) -> None:
    answer = api("alice").post(url(conversation, "note"), {"text": "Careful"})

    assert answer.status_code == 201
    assert (answer.json()["direction"], answer.json()["status"]) == ("internal", "")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("queue", ["name", "id", "id as text"])
def test_a_conversation_goes_to_a_queue_by_name_or_id(
    world: World, api: Api, conversation: Conversation, queue: str
) -> None:
    client = api("alice")
    client.post(url(conversation, "pick"))
    wanted = {"name": "Billing", "id": world.billing.pk, "id as text": str(world.billing.pk)}[queue]

    answer = client.post(url(conversation, "transfer"), {"queue": wanted}, format="json")

    assert answer.status_code == 200
    assert (answer.json()["queue"], answer.json()["state"], answer.json()["transfer_count"]) == (
        "Billing",
        "open",
        1,
    )


@pytest.mark.parametrize(
    "body", [{}, {"queue": "Nowhere"}, {"queue": 987654321}, {"queue": None}, {"agent": "bob"}]
)
def test_a_transfer_without_a_known_queue_is_told_at_the_field(
    world: World, api: Api, conversation: Conversation, body: dict[str, Any]
) -> None:
    client = api("alice")
    client.post(url(conversation, "pick"))

    answer = client.post(url(conversation, "transfer"), body, format="json")

    assert answer.status_code == 400
    assert list(answer.json()) == ["queue"]


def test_the_second_to_pick_is_told_that_it_is_lost(
    world: World, api: Api, conversation: Conversation
) -> None:
    api("alice").post(url(conversation, "pick"))

    answer = api("bob").post(url(conversation, "pick"))

    assert answer.status_code == 409
    assert answer.json() == {"code": "lost", "detail": "Alice has this conversation already."}


@pytest.mark.parametrize("action", ["end", "close-session", "release"])
def test_what_the_table_does_not_allow_is_a_conflict(
    world: World, api: Api, conversation: Conversation, action: str
) -> None:
    answer = api("alice").post(url(conversation, action))

    assert answer.status_code == 409
    assert answer.json()["code"] in {"not_allowed", "not_yours"}


@pytest.mark.parametrize("action", ["reply", "transfer", "end", "release"])
def test_only_its_agent_does_it(world: World, api: Api, conversation: Conversation, action: str) -> None:
    api("alice").post(url(conversation, "pick"))

    answer = api("bob").post(url(conversation, action), {"text": "x", "queue": "Billing"})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_yours")


ACTIONS = ["pick", "reply", "note", "transfer", "end", "close-session", "release"]


@pytest.mark.parametrize("action", ["", *ACTIONS])
def test_what_may_not_be_seen_answers_as_what_is_not_there(
    world: World, api: Api, billing_conversation: Conversation, action: str
) -> None:
    client = api("alice")
    missing = Conversation(pk=987654321)
    body = {"text": "x", "queue": "Billing"}

    if action:
        hidden, absent = (client.post(url(c, action), body) for c in (billing_conversation, missing))
    else:
        hidden, absent = (client.get(url(c)) for c in (billing_conversation, missing))

    assert hidden.status_code == absent.status_code == 404
    assert hidden.json().keys() == absent.json().keys() == {"detail"}


def test_agents_see_their_queues_and_supervisors_everything(
    world: World, api: Api, billing_conversation: Conversation
) -> None:
    seen = {
        name: len(api(name).get(f"{ROOT}conversations/").json()["results"])
        for name in ("alice", "bob", "sam", "ada")
    }

    assert seen == {"alice": 0, "bob": 1, "sam": 1, "ada": 1}
    assert api("alice").get(f"{ROOT}messages/").json()["results"] == []
    assert api("bob").get(f"{ROOT}messages/").json()["results"]


def test_an_earlier_conversation_is_read_and_not_acted_on(
    world: World, api: Api, billing_conversation: Conversation, drain: Any
) -> None:
    bob, alice = api("bob"), api("alice")
    for action in ("pick", "end", "close-session"):
        bob.post(url(billing_conversation, action))
    RoutingRule.objects.all().delete()
    post_webhook(world.inbound_url, text_params("Hello again", number=2))
    drain()
    alice.post(url(Conversation.objects.exclude(pk=billing_conversation.pk).get(), "pick"))

    assert alice.get(url(billing_conversation)).status_code == 200
    refused = alice.post(url(billing_conversation, "note"), {"text": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed")


def test_a_user_without_a_seat_may_read_at_most(world: World, api: Api, conversation: Conversation) -> None:
    world.users["ada"].is_superuser = True
    world.users["ada"].save()
    world.agents["ada"].delete()

    client = api("ada")

    assert client.get(url(conversation)).status_code == 200
    assert client.post(url(conversation, "pick")).status_code == 409


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), ("   ", "empty"), ("x" * 1601, "too_long"), ("x" * 20_001, None)]
)
def test_a_text_that_cannot_be_sent_is_told_at_the_field(
    world: World, api: Api, conversation: Conversation, text: str, code: str | None
) -> None:
    client = api("alice")
    client.post(url(conversation, "pick"))

    answer = client.post(url(conversation, "reply"), {"text": text})

    assert answer.status_code == 400
    assert answer.json()["text"]
    assert answer.json().get("code") == code
    assert not Delivery.objects.exists()


def test_after_stop_nothing_can_be_sent(
    world: World, api: Api, conversation: Conversation, drain: Any
) -> None:
    client = api("alice")
    client.post(url(conversation, "pick"))
    post_webhook(world.inbound_url, text_params("STOP", number=2))
    drain()

    answer = client.post(url(conversation, "reply"), {"text": "But"})

    assert (answer.status_code, answer.json()["code"]) == (400, "opted_out")


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("state=open", True),
        ("state=closed", False),
        ("work_stream=Support by SMS", True),
        ("work_stream={stream}", True),
        ("queue=Default queue", True),
        ("queue={queue}", True),
        ("queue=Billing", False),
        ("agent=alice", False),
        ("customer_address=%2B14255550100", True),
        ("customer_address=+14255550100", True),
        ("customer_address=+14255550199", False),
        ("number=14252306549", True),
        ("number=%2B14252306549", True),
        ("number=1", False),
        ("contact=987654321", False),
    ],
)
def test_conversations_are_filtered(
    world: World, api: Api, conversation: Conversation, query: str, is_found: bool
) -> None:
    query = query.format(stream=world.stream.pk, queue=world.default_queue.pk)

    found = api("ada").get(f"{ROOT}conversations/?{query}").json()["results"]

    assert bool(found) is is_found


def test_conversations_are_filtered_by_contact_and_agent(world: World, api: Api, drain: Any) -> None:
    contact = Contact.objects.create(last_name="Rossi", mobile_phone=CUSTOMER)
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    conversation = Conversation.objects.get()
    api("alice").post(url(conversation, "pick"))

    for query in (f"contact={contact.pk}", "agent=alice"):
        [found] = api("sam").get(f"{ROOT}conversations/?{query}").json()["results"]
        assert (found["contact"], found["agent"]) == (contact.pk, "alice")


# --- messages -------------------------------------------------------------------------------------


def test_messages_tell_what_the_contract_says(world: World, api: Api, drain: Any) -> None:
    post_webhook(world.inbound_url, text_params("Grüße 👋", NumMedia="2"))
    drain()
    conversation = Conversation.objects.get()
    client = api("alice")

    [system, inbound] = sorted(
        client.get(f"{ROOT}messages/?conversation={conversation.pk}").json()["results"],
        key=lambda m: m["direction"],
        reverse=True,
    )

    assert (inbound["text"], inbound["external_id"], inbound["status"]) == ("Grüße 👋", sid(1), "received")
    assert inbound["media_count"] == 2
    assert (system["direction"], system["status"], system["external_id"]) == ("system", "", "")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (f"external_id={sid(1)}", 1),
        (f"external_id={sid(7)}", 0),
        ("search=HELL", 1),
        ("search=%25", 0),
        ("direction=inbound", 1),
        ("direction=outbound", 0),
        ("conversation=987654321", 0),
    ],
)
def test_messages_are_filtered(
    world: World, api: Api, conversation: Conversation, query: str, count: int
) -> None:
    assert len(api("alice").get(f"{ROOT}messages/?{query}").json()["results"]) == count


def test_an_outbound_message_is_found_by_the_providers_id(
    world: World, api: Api, conversation: Conversation
) -> None:
    client = api("alice")
    client.post(url(conversation, "pick"))
    message = client.post(url(conversation, "reply"), {"text": "Hi"}).json()
    Delivery.objects.update(external_id=sid(5), state="delivered")

    [found] = client.get(f"{ROOT}messages/?external_id={sid(5)}").json()["results"]

    assert (found["id"], found["status"], found["external_id"]) == (message["id"], "delivered", sid(5))


def test_a_failed_text_is_tried_again_once(world: World, api: Api, conversation: Conversation) -> None:
    client = api("alice")
    client.post(url(conversation, "pick"))
    message = client.post(url(conversation, "reply"), {"text": "Hi"}).json()
    again = f"{ROOT}messages/{message['id']}/try-again/"
    assert client.post(again).status_code == 409
    Delivery.objects.update(state="failed", explanation="The phone was unreachable.")
    assert (
        client.get(f"{ROOT}messages/{message['id']}/").json()["explanation"] == "The phone was unreachable."
    )

    answer = client.post(again)

    assert (answer.status_code, answer.json()["status"], answer.json()["id"]) == (
        201,
        "pending",
        message["id"],
    )
    assert Delivery.objects.count() == 2
    assert api("bob").post(again).status_code == 409


def test_a_hidden_message_is_not_tried_again(
    world: World, api: Api, billing_conversation: Conversation
) -> None:
    message = Message.objects.filter(conversation=billing_conversation).first()
    assert message is not None

    assert api("alice").post(f"{ROOT}messages/{message.pk}/try-again/").status_code == 404


# --- receipts and deliveries ----------------------------------------------------------------------


def test_a_failed_receipt_is_replayed(world: World, api: Api, drain: Any) -> None:
    post_webhook(world.inbound_url, {"AccountSid": ACCOUNT_SID, "SmsStatus": "received"})
    drain()
    client = api("ada")
    [receipt] = client.get(f"{ROOT}receipts/?state=failed").json()["results"]
    assert receipt["reason"]
    assert "body" not in receipt

    answer = client.post(f"{ROOT}receipts/{receipt['id']}/replay/")

    assert (answer.status_code, answer.json()["state"]) == (200, "received")
    again = client.post(f"{ROOT}receipts/{receipt['id']}/replay/")
    assert (again.status_code, again.json()["code"]) == (409, "not_failed")


@pytest.mark.parametrize(("username", "status"), [("sam", 200), ("alice", 403)])
def test_receipts_are_read_by_supervisors_and_replayed_by_administrators(
    world: World, api: Api, username: str, status: int, conversation: Conversation
) -> None:
    receipt = WebhookReceipt.objects.get()

    assert api(username).get(f"{ROOT}receipts/{receipt.pk}/").status_code == status
    assert api(username).post(f"{ROOT}receipts/{receipt.pk}/replay/").status_code == 403


def test_deliveries_tell_what_happened(
    world: World, api: Api, conversation: Conversation, drain: Any
) -> None:
    client = api("alice")
    client.post(url(conversation, "pick"))
    client.post(url(conversation, "reply"), {"text": "Hi"})
    drain()

    [delivery] = api("ada").get(f"{ROOT}deliveries/").json()["results"]

    assert (delivery["number"], delivery["customer_address"], delivery["text"]) == (
        OUR_NUMBER,
        CUSTOMER,
        "Hi",
    )
    assert delivery["events"][0]["word"] == "leaving"
    assert delivery["state"] == Delivery.objects.get().state
    assert len(api("sam").get(f"{ROOT}deliveries/?state={delivery['state']}").json()["results"]) == 1
