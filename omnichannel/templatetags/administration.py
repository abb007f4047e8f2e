"""What records are called on pages: in the documents' words, the same in the map, lists and forms."""

import re
from typing import Any

from django import template

from contacts import masks
from omnichannel.names import WHEN_EMPTY, names_of

register = template.Library()

# Where one and several are called the same.
COUNTED = {
    "omnichannel.AuditEntry": ("entry", "entries"),
    "channels_app.SmsSettings": ("record of SMS Settings", "records of SMS Settings"),
}
# Pages that the menu does not name stand under the line that leads to them: how their addresses begin, as an
# expression.
LEADS_TO = {
    "routing.WorkStream": "routing/routingrule/",
    "channels_app.SmsSettings": "channels/[0-9]+/",
    "channels_app.ProviderAccount": "channels/accounts/",
    "channels_app.WhatsAppAccount": "whatsapp/[0-9]+/",
    "contacts.Contact": "customers/(?:merge/|export)",
    "customer-erasures": "customers/erase/",
    "conversations.Conversation": "conversations/message/",
    "conversations.QuickReply": "quick-replies/",
    "agents.User": "access/",
}


@register.filter
def plural(opts: Any) -> str:
    """Several of this model: Work Streams."""
    return names_of(opts.model)[1]


@register.filter
def singular(opts: Any) -> str:
    """One of this model: Work Stream."""
    return names_of(opts.model)[0]


@register.filter
def counted(opts: Any, count: int) -> str:
    """How many of this model: 1 user, 2 entries."""
    own = (str(opts.verbose_name), str(opts.verbose_name_plural))
    return f"{count} {COUNTED.get(opts.label, own)[count != 1]}"


@register.filter
def when_empty(opts: Any) -> str:
    """What the empty list of this model says."""
    return WHEN_EMPTY.get(opts.label, "")


@register.filter
def seen_by(text: Any, user: Any) -> str:
    """A text with customers' numbers masked for who may not see them."""
    return masks.shown(text or "", user=user)


@register.filter
def called(username: str, people: dict[str, str]) -> str:
    """The full name behind a username (see contacts.who); the username itself of who is gone."""
    return people.get(username, username)


@register.filter
def is_here(entry: dict[str, Any], path: str) -> bool:
    """Whether a page belongs to this line of the menu: its own address, or that of what it leads to."""
    url = entry.get("admin_url") or ""
    more = LEADS_TO.get(entry.get("label", ""))
    return bool(url) and (path.startswith(url) or bool(more and re.match(f"/admin/{more}", path)))
