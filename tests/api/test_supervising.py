"""Assigning and taking over by program."""

import pytest

from tests.api.test_conversations import url


def test_a_supervisor_assigns_by_username(world, api, conversation):
    answer = api("sam").post(url(conversation, "assign"), {"agent": "bob"})

    assert (answer.status_code, answer.json()["state"], answer.json()["agent"]) == (200, "active", "bob")


def test_a_supervisor_moves_it_to_a_queue_by_name(world, api, conversation):
    answer = api("sam").post(url(conversation, "assign"), {"queue": "Billing"})

    assert (answer.json()["state"], answer.json()["queue"]) == ("open", "Billing")


def test_beyond_the_capacity_is_409_until_it_is_meant(world, api, conversation):
    bob = world.agents["bob"]
    bob.capacity = 0
    bob.save()

    refused = api("sam").post(url(conversation, "assign"), {"agent": "bob"})
    assert (refused.status_code, refused.json()["code"]) == (409, "over_capacity")
    meant = api("sam").post(url(conversation, "assign"), {"agent": "bob", "beyond_capacity": True})
    assert meant.status_code == 200


def test_a_supervisor_takes_over(world, api, conversation):
    api("alice").post(url(conversation, "pick"))

    answer = api("sam").post(url(conversation, "take-over"))

    assert (answer.status_code, answer.json()["agent"]) == (200, "sam")


@pytest.mark.parametrize(("action", "body"), [("take-over", {}), ("assign", {"agent": "alice"})])
def test_agents_are_refused(world, api, conversation, action, body):
    answer = api("bob").post(url(conversation, action), body)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_supervisor")


@pytest.mark.parametrize(
    "body", [{}, {"agent": "bob", "queue": "Billing"}, {"agent": "nobody"}, {"queue": "None"}]
)
def test_what_is_no_choice_is_400(world, api, conversation, body):
    assert api("sam").post(url(conversation, "assign"), body).status_code == 400
