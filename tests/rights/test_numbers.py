"""A customer's number, planted wherever one may stand, is whole on no page for who may not see it.

The walk takes its addresses from the URL map, as that of the canaries does.
"""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.imports import start, upload
from contacts.merging import merge
from contacts.models import Account, Address, Contact, ImportJob
from conversations.models import Conversation
from tests.rights.objects import furnish, values_for
from tests.rights.routes import all_routes
from tests.rights.test_canaries import whole
from tests.rights.test_matrix import PEOPLE
from tests.world import World, post_webhook, text_params

TELEPHONE, IMPORTED = "+13105550177", "+13105550178"
FOUND = re.compile(r"310\W{0,3}555\W{0,3}017[78]")
FILE = f"Last name,Mobile phone,Note\nPlanted,{IMPORTED},{IMPORTED}\n,{IMPORTED},x\n".encode()
# Opening one is logged, and a form must hold what is in it.
WHOLE = {
    "admin/contacts/contact/<object_id>/change/",
    "admin/contacts/address/<object_id>/change/",
    "admin/customers/imports/<pk>/to-mend.csv",
}


@pytest.fixture
def planted(world: World, drain: Any) -> World:
    """A known customer, whose number stands in a name, a text, an import and a merge."""
    company = Account.objects.create(name="Planted Ltd")
    contact = Contact.objects.create(last_name="Planted", mobile_phone=TELEPHONE, account=company)
    other = Contact.objects.create(last_name="Planted", mobile_phone=IMPORTED, account=company)
    merged = [Contact.objects.create(last_name="Twice", mobile_phone=TELEPHONE) for _ in "ab"]
    job = upload(file_name="planted.csv", raw=FILE, by="sam")
    start(job)
    drafted = upload(file_name="draft.csv", raw=FILE, by="sam")
    text = {"From": TELEPHONE, "ProfileName": TELEPHONE}
    post_webhook(world.inbound_url, text_params(f"Call {TELEPHONE}", number=17, **text))
    drain()
    furnish(world, drain)
    merge(ids=[c.pk for c in merged], chosen={}, by="sam", now=contact.created_at)
    Conversation.objects.filter(address__value=TELEPHONE).update(title=TELEPHONE, state="closed")
    conversation = Conversation.objects.get(address__value=TELEPHONE)
    message = conversation.messages.earliest("seq")
    world.pages = [  # type: ignore[attr-defined]
        "/admin/search/?q=planted",
        "/admin/search/?q=%2B1310555",
        f"/admin/search/?q=conversation+{conversation.pk}",
        reverse("admin:contact-import", args=[job.pk]),
        reverse("admin:contact-import", args=[drafted.pk]),
        f"{reverse('admin:contact-merge')}?ids={contact.pk},{other.pk}",
        f"{reverse('admin:contact-merge')}?ids={contact.pk}",
        f"{reverse('admin:contact-merge')}?q=planted",
        reverse("admin:contacts_account_change", args=[company.pk]),
        reverse("admin:conversations_conversation_change", args=[conversation.pk]),
        reverse("admin:conversations_message_change", args=[message.pk]),
    ]
    assert Address.objects.filter(value=TELEPHONE).exists()
    assert ImportJob.objects.get(pk=job.pk).state == "done"
    return world


def shown_whole(world: World, username: str) -> list[str]:
    """Where the planted numbers stand whole, for this person, of the administration's pages."""
    client = Client(raise_request_exception=False)
    client.force_login(world.users[username])
    routes = [route for route in all_routes() if route.path.startswith("admin/")]
    pages = [(route.path, route.filled(values_for(route, world))) for route in routes]
    pages += [(url, url) for url in world.pages]  # type: ignore[attr-defined]
    looked_at = [(name, url) for name, url in pages if name not in WHOLE and "logout" not in url]
    return [name for name, url in looked_at if FOUND.search(whole(client.get(url)))]


def test_no_page_shows_a_customers_number_to_who_may_not_see_it(planted: World) -> None:
    assert shown_whole(planted, PEOPLE["supervisor"]) == []


def test_who_may_see_numbers_finds_them_on_each_of_these_pages(planted: World) -> None:
    """The test of the test."""
    found = shown_whole(planted, PEOPLE["administrator"])

    assert [url for url in planted.pages if url not in found] == []  # type: ignore[attr-defined]
