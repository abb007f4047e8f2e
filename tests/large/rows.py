"""Rows by the hundred thousand: one real row of each kind, copied with what has to differ."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.models_health import Incident
from channels_app.models_receipts import InboundText, OptOut, WebhookReceipt
from contacts.models import Account, Address, Contact
from conversations import services, writing
from conversations.models import Conversation, Message
from omnichannel.lib import queue
from omnichannel.models import AuditEntry
from tests.world import World, post_webhook, text_params

ROWS = 100_000
FIRST_ADDRESS = "(SELECT min(id) FROM contacts_address WHERE value LIKE '+1888%%')"
AGO = f"now() - ({ROWS} - n) * interval '1 minute'"

# Model -> columns that differ from row to row, as SQL of n (1 … ROWS). In the order of their references.
VARIED: dict[type[Model], dict[str, str]] = {
    Account: {"name": "'Company ' || n"},
    Contact: {
        "first_name": "'Given' || n",
        "last_name": "'Family' || n",
        "mobile_phone": "'+1888' || lpad(n::text, 7, '0')",
        "email": "'person' || n || '@example.test'",
    },
    Address: {"value": "'+1888' || lpad(n::text, 7, '0')", "contact_id": "NULL"},
    WebhookReceipt: {
        "digest": "md5(n::text)",
        "state": "CASE WHEN n %% 1000 = 0 THEN 'failed' WHEN n %% 50 = 0 THEN 'ignored' ELSE 'done' END",
        "received_at": AGO,
    },
    InboundText: {
        "external_id": "'SM' || md5(n::text)",
        "receipt_id": "NULL",
        "received_at": AGO,
        "disposition": "CASE WHEN n %% 500 = 0 THEN 'unrouted' ELSE 'conversation' END",
    },
    OptOut: {"address_id": f"{FIRST_ADDRESS} + n - 1", "started_at": AGO},
    Delivery: {
        "external_id": "'SM' || md5('d' || n)",
        "retry_of_id": "NULL",
        "state": "CASE n %% 1000 WHEN 0 THEN 'failed' WHEN 1 THEN 'unknown' ELSE 'delivered' END",
        "created_at": AGO,
        "state_changed_at": AGO,
    },
    ProviderCall: {"at": AGO},
    Incident: {"started_at": AGO, "ended_at": AGO},
    Conversation: {"state": "'closed'", "address_id": f"{FIRST_ADDRESS} + n - 1"},
    Message: {"seq": "n + 1000", "direction": "'inbound'", "delivery_id": "NULL", "inbound_text_id": "NULL"},
    AuditEntry: {"timestamp": AGO},
}


def write_history(world: World) -> None:
    """A row of nearly everything, through the front door."""
    post_webhook(world.inbound_url, text_params("Hello"))
    post_webhook(world.inbound_url, text_params("x", number=9), token="wrong")
    queue.run_all(settings.LANES)
    conversation, now = Conversation.objects.get(), timezone.now()
    alice = world.agents["alice"]
    services.pick(conversation_id=conversation.pk, agent=alice, now=now)
    writing.reply(conversation_id=conversation.pk, agent=alice, text="Hi", now=now)
    queue.run_all(settings.LANES)
    post_webhook(world.inbound_url, text_params("STOP", number=2))
    queue.run_all(settings.LANES)


def bare_rows() -> None:
    """What no text leaves behind."""
    account = Account.objects.create(name="Company")
    Contact.objects.create(first_name="Given", last_name="Family", account=account)
    if not Incident.objects.exists():
        receipt = WebhookReceipt.objects.first()
        assert receipt is not None
        kind, now = Incident.Kind.values[0], timezone.now()
        Incident.objects.create(kind=kind, account=receipt.account, started_at=now, last_seen_at=now)


def copies() -> Iterator[tuple[str, str]]:
    """Table and statement (with the number of rows as its parameter) for each kind."""
    for model, varied in VARIED.items():
        columns = [f.column for f in model._meta.concrete_fields if not f.primary_key]
        unknown = varied.keys() - set(columns)
        assert not unknown, f"{model.__name__} has no {unknown}"
        values = [varied.get(column, f't."{column}"') for column in columns]
        table, key = model._meta.db_table, model._meta.pk.column
        yield (
            table,
            f'INSERT INTO "{table}" ({", ".join(f"{chr(34)}{c}{chr(34)}" for c in columns)}) '
            f"SELECT {', '.join(values)} FROM generate_series(1, %s) n, "
            f'(SELECT * FROM "{table}" ORDER BY "{key}" LIMIT 1) t',
        )
