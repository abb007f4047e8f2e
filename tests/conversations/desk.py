"""What the desk's tests do over and over: texts come in, pages are asked for, reports arrive."""

from collections.abc import Callable
from itertools import count

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app import reports
from channels_app.models_deliveries import Delivery
from channels_app.providers.base import Error, Report
from conversations import upkeep
from conversations.models import Conversation
from conversations.worklists import worklist
from tests.world import CUSTOMER, World, post_webhook, text_params

NUMBERS = count(1)
NOT_COUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")


def text_in(
    world: World, drain: Callable[[], int], text: str, *, sender: str = CUSTOMER, **extra: str
) -> Conversation:
    """A customer's text, through the front door and the queue; its conversation."""
    response = post_webhook(
        world.inbound_url, text_params(text, sender=sender, number=next(NUMBERS), **extra)
    )
    assert response.status_code == 200
    drain()
    return Conversation.objects.filter(address__value=sender).latest("id")


def url(name: str, conversation: Conversation, view: str = "my", *more: object) -> str:
    """An address of a conversation at the desk."""
    return reverse(f"desk:{name}", args=[view, conversation.pk, *more])


def form_id_of(client: Client, conversation: Conversation, panel: str = "reply") -> str:
    """The hidden name of the form on the page, as a browser would post it."""
    page = client.get(url("conversation", conversation)).content.decode()
    return page.split(f'id="{panel}-panel"')[1].split('name="form_id" value="')[1].split('"')[0]


def write(
    client: Client, conversation: Conversation, text: str, kind: str = "reply", form_id: str = ""
) -> object:
    """Post the reply or the note form."""
    form_id = form_id or form_id_of(client, conversation, kind)
    return client.post(url(kind, conversation), {"text": text, "form_id": form_id})


def cursor_in(page: str) -> str:
    """The cursor that a page or an answer of the feed carries."""
    return page.split("cursor=")[1].split('"')[0]


def feed(
    client: Client, cursor: str, *, view: str = "my", conversation: Conversation | None = None
) -> object:
    """Ask what changed."""
    assert worklist(view)
    params = {"view": view, "cursor": cursor} | ({"c": conversation.pk} if conversation else {})
    return client.get(reverse("desk:feed"), params)


def report(delivery: Delivery, status: str, *, now: object, code: str = "", explanation: str = "") -> None:
    """What the provider says of a text, as far as the conversation."""
    error = Error.UNAVAILABLE if status in {"failed", "undelivered"} else None
    said = Report(
        external_id=f"SM{delivery.pk}", status=status, word=status, error=error, code=code,
        explanation=explanation, recipient="",
    )  # fmt: skip
    reports.apply_report(delivery=delivery, report=said, now=now)
    upkeep.show_changed_deliveries(now=now)


def statements(run: Callable[[], object]) -> int:
    """How many statements it takes, transactions' own left out."""
    with CaptureQueriesContext(connection) as captured:
        run()
    return sum(not query["sql"].startswith(NOT_COUNTED) for query in captured.captured_queries)
