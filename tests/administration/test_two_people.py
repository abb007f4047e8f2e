"""Two people on one page: who saves second is told what the first changed, and nothing is stored unseen."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.models import User
from channels_app.models import Number, ProviderAccount, SmsNumber, SmsSettings
from contacts.models import Contact
from omnichannel.models import AuditEntry
from routing.models import Queue, RoutingRule, WorkStream
from tests.administration.conftest import form_of
from tests.administration.test_rules import BILL, make, rows
from tests.world import World

pytestmark = pytest.mark.usefixtures("at_twilio")


def page_of(record: Any) -> str:
    return reverse(f"admin:{record._meta.label_lower.replace('.', '_')}_change", args=[record.pk])


def open_page(client: Client, record: Any) -> dict[str, Any]:
    """What the page sends back when nothing is typed."""
    answer = client.get(page_of(record))
    opened = str(answer.context["opened"])
    assert f'name="opened" value="{opened}"' in answer.content.decode()
    return {**form_of(answer), "opened": opened}


def refusal(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return list(answer.context["adminform"].form.non_field_errors())


@pytest.fixture
def bert(django_user_model: type[User], as_user: Callable[[str], Client], ada: Client) -> Client:
    """Another administrator's browser."""
    made = django_user_model.objects.create_user("bert", password="fake-pass-bert-1", is_staff=True)
    made.groups.set(User.objects.get(username="ada").groups.all())
    client = Client()
    client.force_login(made)
    return client


def test_the_second_save_is_refused_and_says_who_changed_what_when(
    ada: Client, bert: Client, world: World
) -> None:
    hers, his = open_page(ada, world.stream), open_page(bert, world.stream)
    assert ada.post(page_of(world.stream), {**hers, "capacity": "30"}).status_code == 302

    answer = bert.post(page_of(world.stream), {**his, "name": "Help"})

    told = "changed this after you had opened the page. Nothing was stored."
    assert refusal(answer) == [f"{User.objects.get(username='ada')} {told}"]
    [change] = answer.context["conflict"].changes
    assert change.what == "Work Stream: Capacity: 20 → 30"
    assert change.what in answer.content.decode()
    world.stream.refresh_from_db()
    assert (world.stream.name, world.stream.capacity) == ("Support by SMS", 30)
    assert 'value="Help"' in answer.content.decode()


def test_save_again_is_refused_again_and_save_anyway_stores(ada: Client, bert: Client, world: World) -> None:
    hers, his = open_page(ada, world.stream), open_page(bert, world.stream)
    ada.post(page_of(world.stream), {**hers, "capacity": "30"})
    first = bert.post(page_of(world.stream), {**his, "name": "Help"})
    shown = {**form_of(first), "opened": str(first.context["opened"])}

    assert refusal(bert.post(page_of(world.stream), shown))
    agreed = str(first.context["conflict"].present)
    assert f'name="save_anyway" value="{agreed}"' in first.content.decode()
    assert bert.post(page_of(world.stream), {**shown, "save_anyway": agreed}).status_code == 302

    world.stream.refresh_from_db()
    assert (world.stream.name, world.stream.capacity) == ("Help", 20)


def test_save_anyway_agrees_only_to_what_was_shown(ada: Client, bert: Client, world: World) -> None:
    hers, his = open_page(ada, world.stream), open_page(bert, world.stream)
    ada.post(page_of(world.stream), {**hers, "capacity": "30"})
    agreed = str(bert.post(page_of(world.stream), his).context["conflict"].present)
    WorkStream.objects.update(capacity=40)

    answer = bert.post(page_of(world.stream), {**his, "save_anyway": agreed})

    assert refusal(answer)
    world.stream.refresh_from_db()
    assert world.stream.capacity == 40


def test_one_after_the_other_is_no_conflict(ada: Client, bert: Client, world: World) -> None:
    ada.post(page_of(world.stream), {**open_page(ada, world.stream), "capacity": "30"})

    his = open_page(bert, world.stream)

    assert bert.post(page_of(world.stream), {**his, "name": "Help"}).status_code == 302
    world.stream.refresh_from_db()
    assert (world.stream.name, world.stream.capacity) == ("Help", 30)


def test_an_error_at_a_field_keeps_what_the_page_was_opened_on(
    ada: Client, bert: Client, world: World
) -> None:
    his = open_page(bert, world.stream)
    wrong = bert.post(page_of(world.stream), {**his, "name": ""})
    assert str(wrong.context["opened"]) == his["opened"]
    WorkStream.objects.update(capacity=40)

    answer = bert.post(page_of(world.stream), {**his, "opened": str(wrong.context["opened"])})

    assert refusal(answer) == ["Somebody changed this after you had opened the page. Nothing was stored."]


MEANWHILE = {
    "settings": lambda world: ProviderAccount.objects.update(base_url="https://api.us1.twilio.com"),
    "secondary token": lambda world: _give_second_token(),
    "number's speed": lambda world: Number.objects.update(messages_per_second=7),
    "number's description": lambda world: SmsNumber.objects.update(description="For help"),
    "number removed": lambda world: SmsNumber.objects.all().delete(),
}


def _give_second_token() -> None:
    account = ProviderAccount.objects.get()
    account.secondary_secret = "second-canary"
    account.save()


@pytest.mark.parametrize("what", MEANWHILE)
def test_everything_that_the_page_of_a_stream_stores_counts(ada: Client, world: World, what: str) -> None:
    hers = open_page(ada, world.stream)
    MEANWHILE[what](world)

    answer = ada.post(page_of(world.stream), {**hers, "name": "Help"})

    assert "after you had opened the page" in refusal(answer)[0]
    assert "second-canary" not in answer.content.decode()
    assert WorkStream.objects.get(channel="sms").name == "Support by SMS"


def test_what_nobody_decides_is_no_conflict(ada: Client, world: World) -> None:
    hers = open_page(ada, world.stream)
    SmsSettings.objects.update(last_validation_status="success: Good.")
    Number.objects.update(bucket_tokens=0.5)

    assert ada.post(page_of(world.stream), {**hers, "name": "Help"}).status_code == 302


def test_a_note_that_somebody_adds_to_a_contact_is_no_conflict(ada: Client, bert: Client) -> None:
    contact = Contact.objects.create(first_name="Maria", last_name="Keller")
    hers, his = open_page(ada, contact), open_page(bert, contact)
    assert ada.post(page_of(contact), {**hers, "notes-0-text": "Calls on Mondays."}).status_code == 302

    assert bert.post(page_of(contact), {**his, "first_name": "Mia"}).status_code == 302

    contact.refresh_from_db()
    assert (contact.first_name, contact.notes.count()) == ("Mia", 1)


def test_a_typed_token_is_asked_for_again(ada: Client, world: World) -> None:
    hers = open_page(ada, world.stream)
    WorkStream.objects.update(capacity=40)

    typed = {**hers, "sms_settings-0-secondary_auth_token": "typed-canary"}
    answer = ada.post(page_of(world.stream), typed)

    assert refusal(answer)
    assert "Type it again" in answer.content.decode()
    assert "typed-canary" not in answer.content.decode()


def test_sms_settings_have_a_page_that_is_guarded_too(ada: Client, world: World) -> None:
    hers = open_page(ada, world.sms_settings)
    account = ProviderAccount.objects.get()
    account.base_url = "https://api.us1.twilio.com"
    account.save()

    answer = ada.post(page_of(world.sms_settings), hers)

    assert refusal(answer)
    account.refresh_from_db()
    assert account.base_url == "https://api.us1.twilio.com"


def test_routing_rules_are_guarded_but_may_be_ordered_and_previewed_meanwhile(
    ada: Client, world: World
) -> None:
    rule = make(world, "Bills")
    hers = {**open_page(ada, rule), **rows(BILL)}
    RoutingRule.objects.update(position=3)
    assert ada.post(page_of(rule), hers).status_code == 302

    hers = {**open_page(ada, rule), **rows(BILL)}
    RoutingRule.objects.update(name="Invoices")
    assert refusal(ada.post(page_of(rule), {**hers, "_preview": "1"})) == []
    answer = ada.post(page_of(rule), hers)
    assert "after you had opened the page" in refusal(answer)[0]
    rule.refresh_from_db()
    assert rule.name == "Invoices"


def test_members_of_a_queue_count(ada: Client, world: World) -> None:
    queue = Queue.objects.get(name="Billing")
    hers = open_page(ada, queue)
    queue.members.remove(*queue.members.all()[:1])

    assert refusal(ada.post(page_of(queue), {**hers, "name": "Accounts"}))


@pytest.mark.parametrize(
    "opened", ["", "x", "0" * 64, f"{'0' * 64}.{'9' * 40}", f"{'0' * 64}.9999999999999999"]
)
def test_an_unreadable_fingerprint_fits_nothing(ada: Client, world: World, opened: str) -> None:
    hers = open_page(ada, world.stream)

    assert refusal(ada.post(page_of(world.stream), {**hers, "opened": opened}))


def test_the_record_is_locked_before_it_is_compared(ada: Client, world: World) -> None:
    if not connection.features.has_select_for_update:
        pytest.skip("this database has no row locks")
    hers = open_page(ada, world.stream)

    with CaptureQueriesContext(connection) as seen:
        ada.post(page_of(world.stream), {**hers, "name": "Help"})

    about = [query["sql"] for query in seen if '"routing_workstream"' in query["sql"]]
    assert "FOR NO KEY UPDATE" in about[0]


def test_who_only_reads_carries_no_fingerprint(as_user: Any, world: World) -> None:
    assert 'name="opened"' not in as_user("sam").get(page_of(world.stream)).content.decode()


def test_a_record_that_is_gone_is_told_as_ever(ada: Client, world: World) -> None:
    contact = Contact.objects.create(first_name="Maria", last_name="Keller")
    address, hers = page_of(contact), {"opened": "x", "first_name": "Mary"}
    contact.delete()

    assert ada.get(address).status_code == ada.post(address, hers).status_code == 302
    assert ada.post("/admin/routing/workstream/nonsense/change/", hers).status_code == 302


def test_reading_a_page_writes_no_line_into_the_audit_log(ada: Client, world: World) -> None:
    before = AuditEntry.objects.count()
    open_page(ada, world.stream)
    assert AuditEntry.objects.count() == before
