"""Work streams, rules and queues in administration."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conversations.models import Conversation
from routing.conditions import Condition, all_of
from routing.models import Queue, RoutingRule, WorkStream
from routing.services import save_rule
from tests.administration.conftest import errors_of, messages_of
from tests.world import World, post_webhook, text_params

ADD_STREAM = "/admin/routing/workstream/add/"
STREAM = {
    "name": "Sales",
    "channel": "sms",
    "capacity": "20",
    "auto_close_after_inactivity": "480",
    "work_distribution_mode": "pick",
    "status": "active",
    "sms_settings-TOTAL_FORMS": "0",
    "sms_settings-INITIAL_FORMS": "0",
    "sms_number-TOTAL_FORMS": "0",
    "sms_number-INITIAL_FORMS": "0",
}


# --- work streams ---------------------------------------------------------------------------------


def test_a_stream_is_made(ada: Client, world: World) -> None:
    ada.post(ADD_STREAM, STREAM)

    assert WorkStream.objects.get(name="Sales").auto_close_after_inactivity == 480


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("auto_close_after_inactivity", "479", "For SMS, choose eight hours (480 minutes) or more."),
        ("auto_close_after_inactivity", "", "This field is required."),
        ("auto_close_after_inactivity", "9" * 30, "Choose ten years (5256000 minutes) or less."),
        ("name", "", "This field is required."),
        ("name", "Support by SMS", "already exists"),
        ("name", "a\x00b", "Null characters"),
        ("name", "x" * 101, "at most 100 characters"),
        ("channel", "fax", "Select a valid choice"),
        ("capacity", "-1", "greater than or equal to 0"),
        ("work_distribution_mode", "push", "Select a valid choice"),
    ],
)
def test_a_wrong_value_is_told_at_its_field(
    ada: Client, world: World, field: str, value: str, told: str
) -> None:
    assert told in errors_of(ada.post(ADD_STREAM, {**STREAM, field: value}))[field][0]


def test_the_page_of_a_stream_shows_what_is_set_up(ada: Client, world: World) -> None:
    save_rule(
        RoutingRule(work_stream=world.stream, name="<b>VIP</b>", queue=world.billing),
        all_of(Condition("contact.mobile_phone", "equals", "(425) 555-0100")),
    )
    page = ada.get(reverse("admin:routing_workstream_change", args=[world.stream.pk])).content.decode()

    assert world.inbound_url in page
    assert 'value="14252306549"' in page
    assert "If Contact: Mobile Phone equals “+14255550100”." in page
    assert "&lt;b&gt;VIP&lt;/b&gt;" in page


def test_a_supervisor_reads_streams_and_changes_none(as_user: Any, world: World) -> None:
    address = reverse("admin:routing_workstream_change", args=[world.stream.pk])

    assert as_user("sam").get(address).status_code == 200
    assert as_user("sam").post(address, {"name": "Another"}).status_code == 403


@pytest.mark.parametrize("way", ["its page", "the list"])
def test_deleting_a_stream_retires_it_and_frees_its_name(
    ada: Client, world: World, drain: Any, way: str
) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()

    if way == "its page":
        ada.post(reverse("admin:routing_workstream_delete", args=[world.stream.pk]), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [world.stream.pk]}
        ada.post(reverse("admin:routing_workstream_changelist"), chosen)

    world.stream.refresh_from_db()
    assert world.stream.deleted_at is not None
    assert Conversation.objects.count() == 1
    assert "Support by SMS" not in ada.get(
        reverse("admin:routing_workstream_changelist")
    ).content.decode().replace("Support by SMS” was deleted", "")
    ada.post(ADD_STREAM, {**STREAM, "name": "Support by SMS"})
    assert WorkStream.objects.get(name="Support by SMS").deleted_at is None


# --- queues ---------------------------------------------------------------------------------------


def delete(ada: Client, queue: Queue) -> Any:
    return ada.post(reverse("admin:routing_queue_delete", args=[queue.pk]), {"post": "yes"}, follow=True)


def delete_in_list(ada: Client, *queues: Queue) -> Any:
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [q.pk for q in queues]}
    return ada.post(reverse("admin:routing_queue_changelist"), chosen, follow=True)


def test_the_default_queue_cannot_be_deleted(ada: Client, world: World) -> None:
    page = ada.get(reverse("admin:routing_queue_change", args=[world.default_queue.pk])).content.decode()
    assert "deletelink" not in page
    assert "Everybody is a member" in page

    assert delete(ada, world.default_queue).status_code == 403
    told = messages_of(delete_in_list(ada, world.default_queue, world.billing))

    assert told == ["error: The Default queue cannot be deleted."]
    assert Queue.objects.count() == 2


def test_members_of_the_default_queue_cannot_be_sent_along(ada: Client, world: World) -> None:
    url = reverse("admin:routing_queue_change", args=[world.default_queue.pk])

    ada.post(url, {"name": "Default queue", "priority": 50, "members": [world.agents["alice"].pk]})

    world.default_queue.refresh_from_db()
    assert world.default_queue.priority == 50
    assert not world.default_queue.members.exists()


def test_an_unused_queue_is_deleted(ada: Client, world: World) -> None:
    delete(ada, world.billing)

    assert not Queue.objects.filter(name="Billing").exists()


def test_a_queue_that_rules_lead_to_stays(ada: Client, world: World) -> None:
    RoutingRule.objects.create(work_stream=world.stream, name="R", queue=world.billing)

    told = [*messages_of(delete(ada, world.billing)), *messages_of(delete_in_list(ada, world.billing))]

    assert told == ["error: Routing rules still lead to Billing; change them first."] * 2


def test_a_queue_with_conversations_stays(ada: Client, world: World, drain: Any) -> None:
    save_rule(RoutingRule(work_stream=world.stream, name="All", queue=world.billing))
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    RoutingRule.objects.all().delete()

    told = messages_of(delete(ada, world.billing))

    assert told == ["error: Billing has conversations and cannot be deleted."]


def test_a_queue_gets_its_members(ada: Client, world: World) -> None:
    url = reverse("admin:routing_queue_change", args=[world.billing.pk])

    ada.post(url, {"name": "Billing", "priority": 5, "members": [world.agents["alice"].pk]})

    assert [a.user.username for a in world.billing.members.all()] == ["alice"]


def test_a_supervisor_changes_members_and_nothing_else(as_user: Any, world: World) -> None:
    url = reverse("admin:routing_queue_change", args=[world.billing.pk])

    as_user("sam").post(url, {"name": "Hacked", "priority": 1, "members": [world.agents["alice"].pk]})

    world.billing.refresh_from_db()
    assert (world.billing.name, world.billing.priority) == ("Billing", 10)
    assert [a.user.username for a in world.billing.members.all()] == ["alice"]
