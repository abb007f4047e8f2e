"""Saying who the customer is, by program."""

import pytest

from contacts.models import Address, Contact
from tests.api.test_conversations import url
from tests.world import CUSTOMER


@pytest.fixture
def maria(world):
    return Contact.objects.create(first_name="Maria", last_name="Keller")


def test_a_conversation_is_linked_and_unlinked_by_its_agent(world, api, conversation, maria):
    api("alice").post(url(conversation, "pick"))

    linked = api("alice").post(url(conversation, "link"), {"contact": maria.pk, "remember": True})
    assert (linked.status_code, linked.json()["contact"], linked.json()["title"]) == (
        200,
        maria.pk,
        "Maria Keller",
    )
    assert Address.objects.get(value=CUSTOMER).contact == maria

    unlinked = api("alice").post(url(conversation, "unlink"), {"forget": True})
    assert (unlinked.status_code, unlinked.json()["contact"]) == (200, None)
    assert Address.objects.get(value=CUSTOMER).contact is None


@pytest.mark.parametrize("body", [{}, {"contact": "x"}, {"contact": 10**9}, {"contact": None}])
def test_what_is_no_contact_is_400(world, api, conversation, body):
    api("alice").post(url(conversation, "pick"))

    assert api("alice").post(url(conversation, "link"), body).status_code == 400


@pytest.mark.parametrize("name", ["link", "unlink"])
def test_nobody_elses_conversation_is_409(world, api, conversation, maria, name):
    answer = api("bob").post(url(conversation, name), {"contact": maria.pk})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_yours")
