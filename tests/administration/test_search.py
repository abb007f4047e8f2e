"""Global search: everything a person may see, by what people know of it, and nothing else."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText, WebhookReceipt
from contacts.models import Account, Address, Contact
from conversations.models import Conversation
from omnichannel.search import SHOWN, Query
from tests.world import ACCOUNT_SID, OUR_NUMBER, World, sid


@pytest.fixture
def filled(world: World) -> World:
    """One of everything that can be found."""
    now = timezone.now()
    company = Account.objects.create(name="Keller Interiors", phone="+14255550130")
    maria = Contact.objects.create(
        first_name="Maria", last_name="Keller", mobile_phone="+14255550131", account=company
    )
    address = Address.objects.create(kind="phone", value="+14255550131", contact=maria)
    account = world.sms_settings.account
    receipt = WebhookReceipt.objects.create(
        account=account, digest="d", method="POST", path="/", body=b"", next_attempt_at=now, received_at=now
    )
    InboundText.objects.create(
        provider="twilio", external_id=sid(7), receipt=receipt, number=world.number, address=address,
        to_value="+1", disposition="conversation", received_at=now,
    )  # fmt: skip
    Delivery.objects.create(
        number=world.number, account=account, address=address, text="t", next_attempt_at=now,
        external_id=sid(8),
    )  # fmt: skip
    Conversation.objects.create(
        address=address, number=world.number, work_stream=world.stream, queue=world.billing, contact=maria,
        title="Maria Keller", identification="one", state="open", created_at=now, state_changed_at=now,
        modified_at=now, last_message_at=now, last_inbound_at=now,
    )  # fmt: skip
    return world


def found(client: Client, typed: str) -> dict[str, list[str]]:
    groups = client.get("/admin/search/", {"q": typed}).context["groups"]
    return {group.name: [hit.title for hit in group.hits] for group in groups}


@pytest.mark.parametrize(
    ("typed", "group", "title"),
    [
        ("support by", "Work Streams", "Support by SMS"),
        ("BILL", "Queues", "Billing"),
        ("alice", "Agents", "Alice"),
        ("sam", "Users", "Sam"),
        (OUR_NUMBER, "SMS Numbers", "+1 425-230-6549"),
        ("(425) 230-6549", "SMS Numbers", "+1 425-230-6549"),
        ("1 425 230", "SMS Numbers", "+1 425-230-6549"),
        (ACCOUNT_SID, "Provider accounts", f"Twilio {ACCOUNT_SID}"),
        (ACCOUNT_SID.lower(), "SMS Settings", "SMS Settings of Support by SMS"),
        ("keller maria", "Contacts", "Maria Keller"),
        ("+1 425 555 0131", "Contacts", "Maria Keller"),
        ("keller", "Accounts (companies)", "Keller Interiors"),
        ("425-555-0131", "Addresses", "+1 425-555-0131"),
        ("4255550131", "Conversations", "Maria Keller"),
        (sid(7), "Texts in", "Text {text}"),
        (sid(7), "Webhook journal", "Receipt {receipt}"),
        (sid(8), "Deliveries", "Delivery {delivery}"),
        ("delivery {delivery}", "Deliveries", "Delivery {delivery}"),
        ("#{receipt}", "Webhook journal", "Receipt {receipt}"),
        ("Conversation #{conversation}", "Conversations", "Maria Keller"),
        ("work streams", "Pages", "Work Streams"),
        ("diagnostics workers", "Pages", "Workers"),
    ],
)
def test_each_thing_is_found_and_opens(
    ada: Client, filled: World, typed: str, group: str, title: str
) -> None:
    ids: dict[str, Any] = {
        "text": InboundText.objects.get().pk,
        "receipt": WebhookReceipt.objects.get().pk,
        "delivery": Delivery.objects.get().pk,
        "conversation": Conversation.objects.get().pk,
    }

    groups = ada.get("/admin/search/", {"q": typed.format(**ids)}).context["groups"]
    (hit,) = [
        h
        for g in groups
        if g.name == group
        for h in g.hits
        if h.title.casefold() == title.format(**ids).casefold()
    ]

    assert ada.get(hit.url).status_code == 200


def test_a_kind_before_the_number_asks_for_that_kind_alone(ada: Client, filled: World) -> None:
    assert set(found(ada, f"conversation {Conversation.objects.get().pk}")) == {"Conversations"}


def test_a_visitor_is_found_by_the_title_of_the_conversation(ada: Client, filled: World) -> None:
    address = Address.objects.get()
    assert found(ada, f"Visitor {address.pk}") == {}

    Conversation.objects.update(title=address.visitor_name)

    assert found(ada, f"visitor {address.pk}") == {"Conversations": [f"Visitor {address.pk}"]}


def test_nobody_finds_what_they_may_not_see(as_user: Any, filled: World) -> None:
    sam = filled.users["sam"]
    assert found(as_user("sam"), sid(8))
    sam.groups.clear()

    assert [found(as_user("sam"), typed) for typed in ("keller", sid(8), "alice", "work streams")] == [{}] * 4


def test_agents_and_strangers_are_sent_away(as_user: Any, anonymous: Client) -> None:
    for client in (as_user("alice"), anonymous):
        assert client.get("/admin/search/?q=keller")["Location"].startswith("/admin/login/")


def test_numbers_in_records_of_the_wire_are_masked_without_the_right(as_user: Any, filled: World) -> None:
    page = as_user("sam").get("/admin/search/", {"q": sid(8)}).content.decode()

    assert "Delivery" in page
    assert "555-0131" not in page


def test_each_group_shows_a_few_and_leads_to_the_rest(ada: Client, world: World) -> None:
    for n in range(SHOWN + 5):
        Contact.objects.create(last_name=f"Rossi{n}")

    (group,) = ada.get("/admin/search/", {"q": "rossi"}).context["groups"]
    listed = ada.get(group.more_url).context["cl"]

    assert len(group.hits) == SHOWN
    assert listed.result_count == SHOWN + 5


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "\x00", "a\x00b", "%", "_", "\ud800".encode("utf-8", "surrogatepass"), b"\xff\xfe", "9" * 400,
     "9" * 18, "#0", "-1", "x" * 5000, "' OR 1=1 --", "<script>", "\u0301", "+", "@", "٣٤٥", "\u202e", "=1+1",
     "text 1", "delivery", "\\"],
)  # fmt: skip
def test_odd_input_is_no_error_of_ours(ada: Client, filled: World, typed: Any) -> None:
    answer = ada.get("/admin/search/", {"q": typed})

    assert answer.status_code in (200, 400)
    assert b"<script>" not in answer.content


def test_the_cost_does_not_grow(ada: Client, filled: World) -> None:
    costs = []
    for start, count in ((0, 3), (3, 60)):
        for n in range(start, start + count):
            contact = Contact.objects.create(last_name=f"Rossi{n}", mobile_phone=f"+1425556{n:04}")
            Address.objects.create(kind="phone", value=f"+1425556{n:04}", contact=contact)
        for typed in ("rossi", "+1425556"):
            with CaptureQueriesContext(connection) as statements:
                ada.get("/admin/search/", {"q": typed})
            costs.append(len(statements))

    assert costs[:2] == costs[2:]
    assert max(costs) <= 30


def test_every_page_has_the_field(ada: Client, world: World) -> None:
    for url in ("/admin/", "/admin/routing/workstream/", "/admin/workers/"):
        assert b'role="search"' in ada.get(url).content, url


@pytest.mark.parametrize(
    ("typed", "kind", "number"),
    [
        ("17", "", 17),
        ("# 17", "", 17),
        ("Delivery 17", "delivery", 17),
        ("17a", "", None),
        ("1" * 19, "", None),
    ],
)
def test_what_is_read_as_the_number_of_a_record(typed: str, kind: str, number: int | None) -> None:
    query = Query.of(typed)

    assert (query.is_of, query.number) == (kind, number)
