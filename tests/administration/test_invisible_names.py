"""Names that nobody could see are refused at their field: in forms, over the API, in files."""

from typing import Any

import pytest
from django.test import Client

from contacts import imports
from contacts.models import Account, Contact, ImportRow
from conversations.models_quick_replies import QuickReply
from omnichannel.lib.visible import NOTHING_TO_SEE
from routing.models import Queue, RoutingRule, WorkStream
from tests.administration.conftest import errors_of, form_of
from tests.world import World

# Model, form, API, field, what else the API needs.
NAMES = [
    (QuickReply, "conversations/quickreply", "quick-replies", "title", {"message": "x"}),
    (Contact, "contacts/contact", "contacts", "last_name", {}),
    (Contact, "contacts/contact", "contacts", "first_name", {"last_name": "Keller"}),
    (Account, "contacts/account", "accounts", "name", {}),
    (Queue, "routing/queue", "queues", "name", {}),
    (WorkStream, "routing/workstream", "work-streams", "name", {}),
    (RoutingRule, "routing/routingrule", "routing-rules", "name", {}),
]
INVISIBLE = ["\u202e", "\u200b\u200d", "\u2066 \u3164"]


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
@pytest.mark.parametrize(
    ("model", "page", "path", "field", "more"), NAMES, ids=[f"{row[2]}-{row[3]}" for row in NAMES]
)
def test_an_invisible_name_is_refused_at_its_field(
    ada: Client,
    api_client: Any,
    world: World,
    model: Any,
    page: str,
    path: str,
    field: str,
    more: dict[str, Any],
    invisible: str,
) -> None:
    before = model.objects.count()
    url = f"/admin/{page}/add/"

    form = ada.post(url, {**form_of(ada.get(url)), **more, field: invisible})
    answer = api_client("ada").post(f"/api/v1/{path}/", {**more, field: invisible})

    assert errors_of(form)[field] == [NOTHING_TO_SEE]
    assert (answer.status_code, answer.json()[field]) == (400, [NOTHING_TO_SEE])
    assert model.objects.count() == before


@pytest.mark.parametrize("heads", ["Last name", "Company"])
def test_a_line_of_an_import_with_an_invisible_name_is_refused(world: World, drain: Any, heads: str) -> None:
    cells = {"Last name": "Keller", "Company": "Bike Ltd", "E-mail": "k@example.test"} | {heads: "\u200b"}
    file = "\n".join([",".join(cells), ",".join(cells.values())])
    imports.start(imports.upload(file_name="a.csv", raw=file.encode(), by="ada"))
    drain()

    row = ImportRow.objects.get()
    assert (row.result, row.reason) == ("refused", NOTHING_TO_SEE)
    assert (Contact.objects.count(), Account.objects.count()) == (0, 0)
