"""What the pages of the channels have in common."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from channels_app import accounts, inbound_urls
from channels_app.accounts import Connection
from channels_app.models import InboundUrl, ProviderAccount, SmsSettings
from channels_app.providers import REGISTRY, providers_of
from channels_app.set_up import channel_of
from omnichannel.lib.backoffice import NOTHING, chip, copyable, moment
from routing.services import Stale

LEVELS = {"success": messages.SUCCESS, "warning": messages.WARNING, "error": messages.ERROR}
VALIDATION_CHIPS = {"success": "ok", "warning": "warn", "error": "bad"}
# Accounts named on the page of new settings.
KNOWN_SHOWN = 5
STATE_CHIPS = {
    "failed": "bad",
    "undelivered": "bad",
    "unknown": "warn",
    "done": "ok",
    "delivered": "ok",
    "read": "ok",
}


def state_chip(state: str) -> str:
    """A state's word, with a colour where it means something."""
    return chip(state.replace("_", " ").capitalize(), STATE_CHIPS.get(state, ""))


def validation_chip(status: str) -> str:
    """A stored result, with its level as a word and a colour."""
    level, _, said = status.partition(": ")
    return (
        format_html("{} {}", chip(level.capitalize(), VALIDATION_CHIPS.get(level, "")), said)
        if said
        else NOTHING
    )


def inbound_url_shown(record: Any) -> str:
    """A record's inbound URL, ready to be copied, and what to do with it."""
    provider = accounts.provider_of(record.account)
    url = copyable(accounts.inbound_address(record.inbound_url), what=f"the {provider.words.inbound_url}")
    note = nothing_to_send(record) or provider.guide.where_to(channel_of(record))
    return format_html('{}<span class="note">{}</span>', url, note)


def nothing_to_send(record: Connection) -> str:
    """That the provider knows a URL of the account already, where it has one for all its numbers."""
    account = record.account
    posted = inbound_urls.posted_to(account) if accounts.provider_of(account).guide.letter_to else None
    if posted is None or not (holder := inbound_urls.holder_of(posted)):
        return ""
    where = "this URL" if posted.pk == record.inbound_url_id else f"the URL of {holder}"
    words = accounts.words_of(account)
    return format_html(
        "{name} posts the texts of this {id} to {where} already (last in: {at}). Nothing needs to be sent to "
        "{name}: one URL takes the texts and the reports of all its numbers.",
        name=words.name,
        id=words.external_id,
        where=where,
        at=moment(posted.last_used_at),
    )


def known_already(key: str) -> SafeString:
    """For a record to come: the accounts of a provider that need no letter."""
    words = REGISTRY[key].words
    known = ProviderAccount.objects.filter(
        provider=key, deleted_at=None, inbound_urls__last_used_at__isnull=False
    )
    lines = []
    for account in known.distinct().order_by("external_id")[:KNOWN_SHOWN]:
        posted = inbound_urls.posted_to(account)
        if posted is not None and inbound_urls.holder_of(posted):
            lines.append((words.external_id, account.external_id, words.name, *at_address(posted)))
    return format_html_join(
        "",
        '<span class="note">For {} {} nothing needs to be sent: {} posts its texts to {} already '
        "(last in: {}).</span>",
        lines,
    )


def at_address(url: InboundUrl) -> tuple[str, str]:
    """An inbound URL, and when something came to it last."""
    return accounts.inbound_address(url), moment(url.last_used_at)


def inbound_url_fields(
    channel: str, settings_of: Callable[[Any], Any] = lambda record: record
) -> dict[str, Callable[[Any], str]]:
    """The read-only fields of all providers of a channel, by provider."""
    return {key: inbound_url_field(key, settings_of) for key, _ in providers_of(channel)}


def inbound_url_field(key: str, settings_of: Callable[[Any], Any]) -> Callable[[Any], str]:
    """The read-only field of a provider's inbound URL, by its name: Twilio inbound URL.

    `settings_of` leads from the page's record to the one that has the URL. Before the first save it is the
    URL that will be stored, for a provider that is told of it then.
    """
    words = REGISTRY[key].words

    def shown(record: Any) -> str:
        found = settings_of(record)
        if found is not None and found.pk:
            return inbound_url_shown(found) if found.account.provider == key else NOTHING
        token = getattr(found or record, "issued_token", "")
        if not (words.url_before_save and token):
            return NOTHING
        url = copyable(accounts.address_of_token(token), what=f"the {words.inbound_url}")
        note = REGISTRY[key].guide.inbound_url
        return format_html('{}<span class="note">{}</span>{}', url, note, known_already(key))

    shown.__name__ = words.field("inbound_url")
    return admin.display(description=words.inbound_url)(shown)


def settings_fieldsets(known: SmsSettings | None, inbound_urls: Mapping[str, Any], *first: str) -> Any:
    """SMS Settings of the chosen provider, its inbound URL, and what the provider said last.

    `inbound_urls` are the fields of the URLs by provider; `first` are fields before the others.
    """
    every = [REGISTRY[key].words for key in inbound_urls]
    named = [words.field(name) for words in every for name in ("external_id", "secret")]
    secondary = [words.field("secondary_secret") for words in every if words.secondary_secret]
    more = ("More", {"fields": (*secondary, "base_url"), "classes": ("collapse",)})
    if known is None:
        early = [field for key, field in inbound_urls.items() if REGISTRY[key].words.url_before_save]
        given = ("SMS Settings", {"fields": (*first, "provider", *named, *early, "issued")})
        return given, more
    words = accounts.words_of(known.account)
    if known.account.secondary_secret:
        more[1]["fields"] = (*secondary, "remove_secondary", "base_url")
    return (
        ("SMS Settings", {"fields": (*first, "provider", *named)}),
        (f"Connection to {words.name}", {"fields": (inbound_urls[known.account.provider],)}),
        ("Validation", {"fields": ("last_validation_on", "status")}),
        more,
    )


class ConflictsAreTold(admin.ModelAdmin):
    """What only the database could know: two people saved the same at once, and one has lost.

    The loser's page is looked at again: now it sees what the other saved, and says so at the field. If it
    still sees nothing wrong, the conflict is told as a message.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The page; after a conflict, the page again."""
        for _ in range(2):
            try:
                return super().changeform_view(request, *args, **kwargs)
            except (accounts.Conflict, Stale) as conflict:
                lost = conflict
        self.message_user(request, str(lost), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
