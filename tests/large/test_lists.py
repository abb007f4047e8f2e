"""Every list opens with 100,000 rows as it does with one: as many statements, no walk through a table."""

import html
import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from channels_app.models_receipts import InboundText
from conversations.models_desk import DeskSettings
from omnichannel.api import router
from tests.large.plans import statements
from tests.world import World

# A page shows fifty; a bounded count stops at 5,000; a search looks at what begins with its words.
MOST_ROWS = 12_000
# The first rows of a table, until there are enough for a page, need no index.
MOST_ROWS_WITHOUT_INDEX = 200
WORDS = ("Given77", "+18880000077", "SM" + "0" * 32, "Company 77", "person77@example.test", "77")
FILTER = re.compile(r'<li(?: class="selected")?>\s*<a href="(\?[^"]+)"')


def lists() -> list[str]:
    """The admin's lists, those of the API, and what else shows many."""
    listed = [m._meta for m in admin.site._registry if m is not DeskSettings]  # one row, and no list
    registered = [f"/admin/{of.app_label}/{of.model_name}/" for of in listed]
    return [*registered, "/admin/", *(f"/api/v1/{prefix}/" for prefix, _view, _name in router.registry)]


def is_too_much(scan: str, _table: str, rows: int) -> bool:
    """Whether a look at a large table would take longer the larger it is."""
    return rows > (MOST_ROWS_WITHOUT_INDEX if scan == "Seq Scan" else MOST_ROWS)


def variants(client: Client, url: str) -> list[str]:
    """The list with each of its filters, with words to look for, and one page further."""
    page = client.get(url)
    assert page.status_code == 200, (url, page.status_code)
    text = page.content.decode()
    found = [url, *(url + html.unescape(link) for link in FILTER.findall(text))]
    if 'id="searchbar"' in text:
        found += [f"{url}?q={word}".replace("+", "%2B") for word in WORDS]
    if "/admin/" in url and url != "/admin/":
        found.append(f"{url}?p=2")
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def before_and_after(installation: World, ada: Client, grow: Any) -> tuple[dict[str, int], None]:
    small = {}
    for url in lists():
        with statements() as seen:
            assert ada.get(url).status_code == 200, url
        small[url] = len(seen.statements)
    grow()
    return small, None


@pytest.mark.parametrize("url", lists())
def test_a_list_costs_the_same_with_a_hundred_thousand_rows(
    before_and_after: tuple[dict[str, int], None], ada: Client, url: str
) -> None:
    with statements() as seen:
        assert ada.get(url).status_code == 200

    assert len(seen.statements) <= before_and_after[0][url] + 2


@pytest.mark.parametrize("url", lists())
def test_no_list_walks_through_a_large_table(before_and_after: Any, ada: Client, url: str) -> None:
    wrong = []
    for variant in variants(ada, url):
        with statements() as seen:
            assert ada.get(variant).status_code in (200, 302), variant
        wrong += [(variant, *read) for read in seen.reads() if is_too_much(*read)]

    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize(
    "url",
    [
        "/admin/channels_app/inboundtext/?disposition__exact=unrouted&number={world.number.pk}",
        "/api/v1/inbound-texts/?disposition=unrouted&number={world.number.value}",
        "/admin/routing/workstream/{world.stream.pk}/change/",
    ],
)
def test_the_unrouted_texts_of_a_number_are_found_by_their_index(
    before_and_after: Any, installation: World, ada: Client, url: str
) -> None:
    with statements() as seen:
        page = ada.get(url.format(world=installation))

    assert page.status_code == 200
    assert "unrouted" in page.content.decode().lower()
    wrong = [read for read in seen.reads() if is_too_much(*read)]
    texts = [rows for _, table, rows in seen.reads() if table == InboundText._meta.db_table]
    assert not wrong
    # Two hundred wait; the others of the number are not looked at.
    assert max(texts) <= 200
