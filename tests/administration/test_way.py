"""Where one is: breadcrumbs alike on all pages of a record, and the line of the menu that leads there."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Contact
from omnichannel.admin_site import MAP
from omnichannel.lib.backoffice import PAGES
from omnichannel.templatetags.administration import is_here
from routing.models import RoutingRule
from tests.world import World

LINK = re.compile(r'<a href="([^"]+)">')
# Found from everywhere, below no line of the menu.
EVERYWHERE = {"search"}


def breadcrumbs(client: Client, url: str) -> list[str]:
    """The addresses that the breadcrumbs of a page lead to."""
    page = client.get(url).content.decode()
    return LINK.findall(page.split('<div class="breadcrumbs">')[1].split("</div>")[0])


@pytest.mark.parametrize("view", ["change", "history", "delete"])
def test_all_pages_of_a_rule_stand_below_its_stream(ada: Client, world: World, view: str) -> None:
    rule = RoutingRule.objects.create(work_stream=world.stream, name="Bills", queue=world.billing)
    own = reverse("admin:routing_routingrule_change", args=[rule.pk])
    below = [
        reverse("admin:index"),
        reverse("admin:routing_workstream_changelist"),
        reverse("admin:routing_workstream_change", args=[world.stream.pk]),
    ]

    found = breadcrumbs(ada, reverse(f"admin:routing_routingrule_{view}", args=[rule.pk]))

    assert found == (below if view == "change" else [*below, own])


@pytest.mark.parametrize("view", ["history", "delete"])
def test_other_records_stand_below_their_list(ada: Client, view: str) -> None:
    contact = Contact.objects.create(last_name="Keller")

    assert breadcrumbs(ada, reverse(f"admin:contacts_contact_{view}", args=[contact.pk])) == [
        reverse("admin:index"),
        reverse("admin:contacts_contact_changelist"),
        reverse("admin:contacts_contact_change", args=[contact.pk]),
    ]


def lines() -> dict[str, dict[str, Any]]:
    """The menu's lines, by label."""
    found = {}
    for label in (label for labels in MAP.values() for label in labels):
        name = PAGES[label].name if label in PAGES else f"{label.lower().replace('.', '_')}_changelist"
        found[label] = {"label": label, "admin_url": reverse(f"admin:{name}")}
    return found


@pytest.mark.parametrize("name", sorted(PAGES.keys() - EVERYWHERE))
def test_each_page_of_our_own_stands_below_one_line_of_the_menu(name: str) -> None:
    path = "/admin/" + re.sub(r"<[a-z]+:[a-z_]+>", "7", PAGES[name].route)

    assert len([label for label, line in lines().items() if is_here(line, path)]) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("channels/7/set-up/", "channels_app.SmsSettings"),
        ("channels/7/numbers/", "channels_app.SmsSettings"),
        ("channels/accounts/7/token/", "channels_app.ProviderAccount"),
        ("customers/merge/", "contacts.Contact"),
        ("customers/merges/7/", "contact-merges"),
        ("customers/erase/", "customer-erasures"),
        ("routing/routingrule/7/history/", "routing.WorkStream"),
        ("routing/workstream/7/try/", "routing.WorkStream"),
        ("access/7/", "agents.User"),
    ],
)
def test_which_line_that_is(path: str, line: str) -> None:
    assert [label for label, one in lines().items() if is_here(one, f"/admin/{path}")] == [line]


def test_the_set_up_page_marks_its_line(ada: Client, world: World) -> None:
    page = ada.get(reverse("admin:sms-set-up", args=[world.sms_settings.pk])).content.decode()

    settings = reverse("admin:channels_app_smssettings_changelist")
    assert f'<a href="{settings}" aria-current="page">' in page
