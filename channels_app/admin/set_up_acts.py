"""What the buttons of set-up pages do, for SMS settings and WhatsApp accounts alike.

They wait for the provider, so none of them runs inside a transaction.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone

from channels_app import accounts, destinations, inbound_urls, set_up, tokens, validation
from channels_app.accounts import Connection
from channels_app.admin.parts import LEVELS
from channels_app.models import Number, SmsSettings
from channels_app.providers.base import Trouble
from omnichannel.lib import phones
from omnichannel.lib.ids import whole_number

# What is done, and about what; returns what to add to the address of the page that comes next.
Act = Callable[[HttpRequest, Connection, str], str | None]


def do(request: HttpRequest, connection: Connection, page_url: str) -> HttpResponseRedirect:
    """Do what the pressed button says (`name:about`), tell what came of it, and go back to the page."""
    name, _, about = request.POST.get("do", "").partition(":")
    if name not in ACTS:
        raise Http404
    more = None
    try:
        more = ACTS[name](request, connection, about)
    except Trouble as trouble:
        messages.add_message(request, LEVELS[trouble.check.level], trouble.check.text)
    except accounts.Conflict as conflict:
        messages.error(request, str(conflict))
    return HttpResponseRedirect(page_url + (more or ""))


def named(connection: Connection) -> str:
    """The provider's name."""
    return accounts.words_of(connection.account).name


def look(request: HttpRequest, connection: Connection, about: str) -> None:
    """Ask the provider where each number's texts go."""
    rows = set_up.look(connection.account, set_up.channel_of(connection))
    found = [row.finding for row in rows if row.finding is not None]
    astray = sum(one.level == "bad" for one in found)
    asked = f"{named(connection)} was asked"
    if astray:
        messages.warning(request, f"{asked}: the texts of {astray} of {len(found)} do not come here.")
    else:
        messages.success(request, f"{asked}: see below where texts go.")


def set_url(request: HttpRequest, connection: Connection, about: str) -> None:
    """Set the inbound URL at the provider for one number."""
    number = number_of(connection, about)
    changed = set_up.set_inbound_url(number)
    before = changed.before.url
    was = (
        f"It was {destinations.without_password(before)} ({changed.before.method})"
        if before
        else "The webhook was empty"
    )
    messages.success(
        request,
        f"{named(connection)} now posts texts to {readable(number)} here, and once more if that fails. "
        f"{was} before.",
    )
    finding = set_up.finding_of(number)
    if finding is not None and finding.level == "bad":
        messages.warning(request, finding.sentence)


def put_back(request: HttpRequest, connection: Connection, about: str) -> None:
    """Set what was there before."""
    number = number_of(connection, about)
    changed = set_up.put_back(number)
    to = destinations.without_password(changed.after.url) or "nowhere"
    messages.success(request, f"Put back: texts to {readable(number)} go to {to} again.")


def new_url(request: HttpRequest, connection: Connection, about: str) -> None:
    """Issue a new inbound URL."""
    inbound_urls.issue(connection=connection, now=timezone.now())
    messages.success(
        request,
        f"A new inbound URL was issued. The old one keeps working: give {named(connection)} the new one, "
        "then retire the old one.",
    )


def retire(request: HttpRequest, connection: Connection, about: str) -> None:
    """Retire a replaced inbound URL of the account."""
    url = get_object_or_404(inbound_urls.working(connection.account), pk=whole_number(about))
    inbound_urls.retire(url=url, now=timezone.now())
    messages.success(request, "The inbound URL was retired: what still comes to it is not taken.")


def validate(request: HttpRequest, connection: Connection, about: str) -> None:
    """Validate: the account and its numbers."""
    tell_validation(request, connection)


def tell_validation(request: HttpRequest, connection: Connection, *, name: str = "") -> None:
    """Validate, and tell each line of it; `name` stands before them."""
    if isinstance(connection, SmsSettings):
        checks = validation.validate(sms_settings=connection)
    else:
        checks = validation.validate_whatsapp(whatsapp_account=connection)
    for check in checks:
        messages.add_message(request, LEVELS[check.level], f"{name}{check.text}")


def promote(request: HttpRequest, connection: Connection, about: str) -> str | None:
    """Swap the account's secrets, once the provider takes the secondary; `unproven`: somebody insists."""
    try:
        check = tokens.promote(account=connection.account, keep_unproven=about == "unproven")
    except tokens.NotKept as refused:
        messages.error(request, str(refused))
        return "?insist=promote" if refused.may_insist else None
    names = ", ".join(accounts.used_by(connection.account))
    secondary = accounts.words_of(connection.account).secondary_secret
    messages.success(request, f"The {secondary} is now the primary, for {names}. {check.text}")
    return None


def number_of(connection: Connection, pk: str) -> Number:
    """A number of the account by its id, as a button names it."""
    numbers = set_up.claimed(connection.account, set_up.channel_of(connection))
    return get_object_or_404(numbers, pk=whole_number(pk))


def readable(number: Number) -> str:
    """A number as people read it."""
    return phones.readable(f"+{number.value}")


ACTS: dict[str, Act] = {
    "look": look,
    "set": set_url,
    "put-back": put_back,
    "new-url": new_url,
    "retire": retire,
    "validate": validate,
    "promote": promote,
}
