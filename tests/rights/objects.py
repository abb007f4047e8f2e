"""A record for every argument of every address: the oldest of its kind, which is the world's own."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.utils.timezone import now

from agents.links import invite
from agents.models import ApiToken, LogIn
from channels_app import media, media_files, media_links
from channels_app.models_deliveries import Delivery
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText
from channels_app.models_whatsapp import ContentTemplate
from contacts.imports import upload
from contacts.merging import merge
from contacts.models import Contact, Erasure
from conversations.models import Conversation, Message
from conversations.models_desk import SavedView
from conversations.models_quick_replies import QuickReply
from omnichannel.lib.audit import note_read
from routing.models import WorkStream
from tests.administration.test_site import populate
from tests.media_host import picture
from tests.rights.routes import Route
from tests.world import World, post_webhook, text_params

# What an argument means outside a record's own pages.
MEANINGS: dict[str, Callable[[World], Any]] = {
    "reference": lambda world: Erasure.objects.earliest("id").reference,
    "worklist": lambda world: "open",
    "figure": lambda world: "open",
    "conversation_id": lambda world: conversation().pk,
    "quick_reply_id": lambda world: QuickReply.objects.earliest("id").pk,
    "view_id": lambda world: SavedView.objects.get(owner=None).pk,
    "message_id": lambda world: Message.objects.earliest("id").pk,
    "stream_id": lambda world: world.stream.pk,
    "token": lambda world: world.sms_settings.inbound_url.token,
    "delivery_id": lambda world: Delivery.objects.earliest("id").pk,
    "media_id": lambda world: Media.objects.get(inbound_text__isnull=False, state="ready").pk,
    "signed": lambda world: media_links.token(Media.objects.get(delivery__isnull=False).pk),
    "channel": lambda world: "sms",
    "slug": lambda world: "open",
    "app_label": lambda world: "routing",
    "url": lambda world: "nowhere",
    "log_in_id": lambda world: bobs_log_in().pk,
    "uuid": lambda world: ApiToken.objects.filter(user=world.users["bob"]).earliest("created").uuid,
}
# Addresses whose <pk> or <id> is not told by the address itself, by how they begin.
KINDS: dict[str, str] = {
    "admin/access/": "agents.User",
    "admin/invitations/": "agents.SignInLink",
    "admin/channels/accounts/": "channels_app.ProviderAccount",
    "admin/channels/": "channels_app.SmsSettings",
    "admin/whatsapp/": "channels_app.WhatsAppAccount",
    "admin/diagnostics/channel-health/": "channels_app.ProviderAccount",
    "admin/customers/imports/": "contacts.ImportJob",
    "api/v1/erasures/": "contacts.Erasure",
    "admin/customers/merges/": "contacts.Merge",
    "admin/r/": "routing.WorkStream",
    "api/v1/imports/": "contacts.ImportJob",
    "api/v1/conversations/": "conversations.Conversation",
    "api/v1/messages/": "conversations.Message",
    "api/v1/media/": "channels_app.Media",
}


def furnish(world: World, drain: Any) -> None:
    """At least one record of every kind; a customer's text that waits in the Default queue."""
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    populate(world, 0, 1)
    # A picture that the customer sent, and one for them.
    shown = media_files.keep(picture(), content_type="image/jpeg")
    text = InboundText.objects.get(message__conversation=conversation())
    Media.objects.create(inbound_text=text, state="ready", **media_files.columns(shown))
    media.attach(Delivery.objects.earliest("id"), [shown], now())
    ContentTemplate.objects.create(
        account=world.sms_settings.account,
        external_id="HX1",
        name="order_ready",
        language="en",
        synced_at=now(),
    )
    SavedView.objects.create(name="Billing", stream="ongoing")
    ApiToken.objects.create(world.users["bob"])
    browser = Client()
    browser.force_login(world.users["bob"])
    upload(file_name="people.csv", raw=b"Last name,Mobile phone\nNoser,+14255550149\n", by="ada")
    merge(ids=[Contact.objects.create(last_name=name).pk for name in "AB"], chosen={}, by="ada", now=now())
    Erasure.objects.create(subject={}, requested_by="ada", requested_at=now())
    invite(made_by=world.users["ada"], first_name="Carol")
    note_read(world.stream, what="nothing")


def bobs_log_in() -> LogIn:
    """Somebody's who is none of those that ask."""
    return LogIn.objects.filter(user__username="bob").earliest("pk")


def conversation() -> Conversation:
    """The one that waits."""
    return Conversation.objects.filter(state="open").earliest("id")


def values_for(route: Route, world: World) -> dict[str, Any]:
    """Its arguments; fails for an argument that nobody has explained here."""
    return {name: _value(route, name, world) for name in route.arguments}


def _value(route: Route, name: str, world: World) -> Any:
    if name == "content_type_id":
        return apps.get_model("contenttypes.ContentType").objects.get_for_model(WorkStream).pk
    if name in MEANINGS:
        return MEANINGS[name](world)
    model = _model(route)
    assert model is not None, f"{route.path}: say in tests/rights/objects.py what <{name}> is"
    if model is Conversation:
        return conversation().pk
    found = model._base_manager.order_by("pk").first()
    assert found is not None, f"{route.path}: furnish() makes no {model._meta.label}"
    return found.pk


def _model(route: Route) -> type[Model] | None:
    for start, label in KINDS.items():
        if route.path.startswith(start):
            return apps.get_model(label)
    parts = route.path.split("/")
    if parts[0] == "admin" and len(parts) > 3:
        try:
            return apps.get_model(parts[1], parts[2])
        except LookupError:
            return None
    queryset = getattr(getattr(route.callback, "cls", None), "queryset", None)
    return queryset.model if queryset is not None else None
