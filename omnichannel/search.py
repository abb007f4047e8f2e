"""Global search: everything a person may see, by one field; an index or a short table serves each group."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from agents.models import Agent, User
from agents.roles import sees_numbers
from channels_app.models import ProviderAccount, SmsNumber, SmsSettings
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText, WebhookReceipt
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from channels_app.providers import REGISTRY
from contacts.models import Account, Address, Contact
from contacts.search import accounts_matching, addresses_matching, contacts_matching, number_beginnings
from conversations.models import Conversation
from omnichannel.lib import phones, redact
from omnichannel.lib.folding import begins, fold
from routing.models import Queue, WorkStream

LONGEST_QUERY = 100
SHOWN = 6
# One letter begins half of all names.
FEWEST_LETTERS = 2
# What identifies a record: its number, perhaps after its kind: 17, #17, conversation 17.
BY_ID = re.compile(
    r"(?:(conversation|visitor|delivery|receipt|webhook|text)\s*)?#?\s*([0-9]{1,18})", re.I | re.A
)


@dataclass(frozen=True)
class Query:
    """What was typed, cut to LONGEST_QUERY and without characters that no database takes."""

    text: str
    is_of: str
    number: int | None

    @classmethod
    def of(cls, typed: str) -> "Query":
        """Read what was typed."""
        clean = "".join(c for c in typed if c.isprintable() and not "\ud800" <= c <= "\udfff")
        text = " ".join(clean.split())[:LONGEST_QUERY]
        match = BY_ID.fullmatch(text)
        return cls(text, (match[1] or "").lower() if match else "", int(match[2]) if match else None)

    def id_of(self, *kinds: str) -> int | None:
        """The id, when a record of one of these kinds may be meant."""
        return self.number if self.number is not None and self.is_of in ("", *kinds) else None


@dataclass(frozen=True)
class Hit:
    """One thing found."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `more_url` opens its list, searched for the same, when there is more."""

    name: str
    hits: list[Hit]
    more_url: str = ""


@dataclass(frozen=True)
class Source:
    """One kind of things: its name, who may see it, how it is found and shown."""

    name: str
    model: type[Model]
    find: Callable[[Query], Iterable[Any]]
    show: Callable[[Any, bool], tuple[str, str]]
    has_list: bool = True

    def search(self, request: HttpRequest, query: Query) -> Group | None:
        """At most SHOWN, one statement; None when this person may not see them, or there are none."""
        meta = self.model._meta
        if not request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            return None
        found = list(self.find(query))
        if not found:
            return None
        place, may_see = f"admin:{meta.app_label}_{meta.model_name}", sees_numbers(request.user)
        hits = [
            Hit(*self.show(row, may_see), reverse(f"{place}_change", args=[row.pk])) for row in found[:SHOWN]
        ]
        if not self.has_list or len(found) <= SHOWN:
            return Group(self.name, hits)
        return Group(self.name, hits, f"{reverse(f'{place}_changelist')}?{urlencode({'q': query.text})}")


def search(request: HttpRequest, typed: str, pages: Iterable[tuple[str, str, str]]) -> list[Group]:
    """All groups in which something was found. `pages` are (title, section, url) of the map."""
    query = Query.of(typed)
    if not fold(query.text):
        return []
    words = query.text.casefold().split()
    of_map = [
        Hit(title, section, url)
        for title, section, url in pages
        if all(word in f"{section} {title}".casefold() for word in words)
    ]
    groups = [Group("Pages", of_map[:SHOWN])] if of_map else []
    found = (source.search(request, query) for source in SOURCES)
    return [*groups, *(group for group in found if group is not None)]


# --- how each kind is found ------------------------------------------------------------------------


def _some(rows: QuerySet[Any], *order: str) -> QuerySet[Any]:
    return (rows.order_by(*order) if order else rows)[: SHOWN + 1]


def _streams(query: Query) -> Iterable[Any]:
    return _some(WorkStream.objects.filter(deleted_at=None, name__icontains=query.text), "name")


def _queues(query: Query) -> Iterable[Any]:
    return _some(Queue.objects.filter(name__icontains=query.text), "name")


def _person(query: Query, prefix: str = "") -> Q:
    # People are few: every word in one of their names.
    wanted = Q()
    for word in query.text.split():
        names = (f"{prefix}{name}__icontains" for name in ("username", "first_name", "last_name"))
        one = Q()
        for name in names:
            one |= Q(**{name: word})
        wanted &= one
    return wanted


def _agents(query: Query) -> Iterable[Any]:
    rows = Agent.objects.select_related("user").filter(_person(query, "user__"))
    return _some(rows, "user__username")


def _users(query: Query) -> Iterable[Any]:
    return _some(User.objects.filter(_person(query)), "username")


def _sms_numbers(query: Query) -> Iterable[Any]:
    rows = SmsNumber.objects.select_related("number", "work_stream").filter(work_stream__deleted_at=None)
    wanted = Q(pk__in=[])
    for beginning in number_beginnings(query.text):
        wanted |= Q(number__value__startswith=beginning.removeprefix("+"))
    return _some(rows.filter(wanted), "number__value")


def _sms_settings(query: Query) -> Iterable[Any]:
    rows = SmsSettings.objects.select_related("work_stream", "account").filter(work_stream__deleted_at=None)
    named = Q(work_stream__name__icontains=query.text) | Q(account__external_id__iexact=query.text)
    return _some(rows.filter(named), "work_stream__name")


def _whatsapp_accounts(query: Query) -> Iterable[Any]:
    rows = WhatsAppAccount.objects.select_related("account").filter(deleted_at=None)
    named = Q(name__icontains=query.text) | Q(account__external_id__iexact=query.text)
    return _some(rows.filter(named), "name")


def _whatsapp_numbers(query: Query) -> Iterable[Any]:
    rows = WhatsAppNumber.objects.select_related("number", "work_stream")
    wanted = Q(name__icontains=query.text)
    for beginning in number_beginnings(query.text):
        wanted |= Q(number__value__startswith=beginning.removeprefix("+"))
    return _some(rows.filter(wanted), "name", "id")


def _accounts(query: Query) -> Iterable[Any]:
    return _some(ProviderAccount.objects.filter(external_id__iexact=query.text), "id")


def _contacts(query: Query) -> Iterable[Any]:
    if len(query.text) < FEWEST_LETTERS:
        return []
    return _some(contacts_matching(Contact.objects.select_related("account"), query.text))


def _companies(query: Query) -> Iterable[Any]:
    return _some(accounts_matching(Account.objects.all(), query.text))


def _addresses(query: Query) -> Iterable[Any]:
    rows = Address.objects.select_related("contact")
    if number_beginnings(query.text):
        return _some(addresses_matching(rows, query.text))
    # By their own name alone: by their contact's they stand on the contact's page.
    return _some(rows.filter(begins("profile_key", fold(query.text))))


def _conversations(query: Query) -> Iterable[Any]:
    wanted = Q(pk=query.id_of("conversation"))
    if query.is_of == "visitor":
        # A customer without a name is called by their address's id.
        wanted = Q(address_id=query.number, title=f"Visitor {query.number}")
    if not query.is_of and number_beginnings(query.text):
        addresses = addresses_matching(Address.objects.all(), query.text).values("pk")[:SHOWN]
        wanted |= Q(address_id__in=list(addresses.values_list("pk", flat=True)))
    return _some(Conversation.objects.select_related("queue").filter(wanted), "-id")


def _texts(query: Query) -> Iterable[Any]:
    by_name = Q(provider__in=REGISTRY, external_id=query.text)
    return _some(InboundText.objects.select_related("address").filter(Q(pk=query.id_of("text")) | by_name))


def _deliveries(query: Query) -> Iterable[Any]:
    by_name = Q(external_id=query.text) & ~Q(external_id="")
    return _some(Delivery.objects.select_related("address").filter(Q(pk=query.id_of("delivery")) | by_name))


def _receipts(query: Query) -> Iterable[Any]:
    # By the provider's id, the receipt of that text.
    of_text = InboundText.objects.filter(provider__in=REGISTRY, external_id=query.text)
    ids = list(of_text.values_list("receipt", flat=True))
    wanted = Q(pk=query.id_of("receipt", "webhook")) | Q(pk__in=ids)
    return _some(WebhookReceipt.objects.defer("body").filter(wanted))


# --- how each kind is shown: its name, and what tells it from others -------------------------------


def _customer(address: Address, may_see: bool) -> str:
    return address.readable if may_see else phones.masked(address.value)


def _contact(contact: Contact, may_see: bool) -> tuple[str, str]:
    mobile = (
        contact.mobile_phone if may_see or not contact.mobile_phone else phones.masked(contact.mobile_phone)
    )
    said = (mobile, str(contact.account or ""))
    return contact.full_name, " · ".join(part for part in said if part)


def _address(address: Address, may_see: bool) -> tuple[str, str]:
    name = str(address.contact or address.profile_name)
    return _customer(address, may_see), name if may_see else redact.numbers(name)


def _conversation(conversation: Conversation, may_see: bool) -> tuple[str, str]:
    said = f"Conversation {conversation.pk} · {conversation.get_state_display()} · {conversation.queue}"
    return conversation.title if may_see else redact.numbers(conversation.title), said


def _text_in(text: InboundText, may_see: bool) -> tuple[str, str]:
    return f"Text {text.pk}", f"from {_customer(text.address, may_see)}"


def _delivery(delivery: Delivery, may_see: bool) -> tuple[str, str]:
    return f"Delivery {delivery.pk}", f"{delivery.state} · to {_customer(delivery.address, may_see)}"


def _whatsapp_number(role: WhatsAppNumber, _may_see: bool) -> tuple[str, str]:
    return role.name, f"{phones.readable(f'+{role.number.value}')} · {role.work_stream}"


def _sms_number(number: SmsNumber, _may_see: bool) -> tuple[str, str]:
    return phones.readable(f"+{number.number.value}"), str(number.work_stream)


SOURCES = (
    Source("Work Streams", WorkStream, _streams, lambda row, _: (row.name, row.get_channel_display())),
    Source("Queues", Queue, _queues, lambda row, _: (row.name, f"Priority {row.priority}")),
    Source("Agents", Agent, _agents, lambda row, _: (str(row), row.user.username)),
    Source("Users", User, _users, lambda row, _: (str(row), row.username)),
    Source("SMS Settings", SmsSettings, _sms_settings, lambda row, _: (str(row), str(row.account)), False),
    Source("SMS Numbers", SmsNumber, _sms_numbers, _sms_number),
    Source(
        "WhatsApp accounts", WhatsAppAccount, _whatsapp_accounts, lambda row, _: (row.name, str(row.account))
    ),
    Source("WhatsApp Numbers", WhatsAppNumber, _whatsapp_numbers, _whatsapp_number),
    Source("Provider accounts", ProviderAccount, _accounts, lambda row, _: (str(row), row.base_url), False),
    Source("Contacts", Contact, _contacts, _contact),
    Source("Accounts (companies)", Account, _companies, lambda row, _: (row.name, row.phone or "")),
    Source("Addresses", Address, _addresses, _address),
    Source("Conversations", Conversation, _conversations, _conversation, False),
    Source("Texts in", InboundText, _texts, _text_in, False),
    Source("Deliveries", Delivery, _deliveries, _delivery, False),
    Source(
        "Webhook journal", WebhookReceipt, _receipts, lambda row, _: (f"Receipt {row.pk}", row.state), False
    ),
)
