"""Desk preferences and the sheet of keys."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from conversations import keys, preferences
from conversations.bar import bar
from conversations.quick_replies import are_personal_allowed
from conversations.views import at_desk
from conversations.worklists import Seat

LONGEST_KEYS = 60


@dataclass(frozen=True)
class KeyField:
    """The keys of a command as they stand in the form."""

    command: keys.Command
    typed: str
    error: str

    @property
    def name(self) -> str:
        """Of the field."""
        return f"key-{self.command.slug}"


@require_GET
@at_desk
def sheet(request: HttpRequest, seat: Seat) -> HttpResponse:
    """All keys on a page of their own."""
    return render(request, "desk/keys.html", bar(seat))


@require_http_methods(["GET", "POST"])
@at_desk
def edit(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Change how one likes the desk: all on one page, with one save."""
    if request.method == "POST" and "usual" in request.POST:
        return _saved(request, seat, keys.bindings({}), "Your keys are the usual ones again.")
    kept = preferences.preference_of(seat.user)
    bound = keys.bindings(kept.keys)
    typed, errors = bound, dict[str, str]()
    if request.method == "POST":
        typed = {slug: request.POST.get(f"key-{slug}", keys_now) for slug, keys_now in bound.items()}
        chosen, errors = _read(typed)
        if not errors:
            return _saved(request, seat, chosen, "Your preferences are saved.")
    groups: dict[str, list[KeyField]] = {}
    for command in keys.ALL:
        if seat.sees_everything or not command.supervisors_only:
            field = KeyField(command, typed[command.slug], errors.get(command.slug, ""))
            groups.setdefault(command.group, []).append(field)
    switches = _switches(request) if request.method == "POST" else vars(kept)
    context = bar(seat) | {
        "groups": list(groups.items()),
        "errors": errors,
        "switches": switches,
        "has_personal": are_personal_allowed(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return render(request, "desk/preferences.html", context | {"longest": LONGEST_KEYS}, status=status)


def _read(typed: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The keys as they are written, and what is wrong, both by command."""
    chosen: dict[str, str] = {}
    errors: dict[str, str] = {}
    for slug, text in typed.items():
        try:
            chosen[slug] = keys.read(text[:LONGEST_KEYS])
        except keys.BadKey as error:
            errors[slug] = str(error)
    return chosen, keys.conflicts(chosen) | errors


def _switches(request: HttpRequest) -> dict[str, bool]:
    return {name: name in request.POST for name in preferences.SWITCHES}


def _saved(request: HttpRequest, seat: Seat, chosen: dict[str, str], words: str) -> HttpResponse:
    preferences.save(seat.user, switches=_switches(request), chosen=chosen)
    messages.success(request, words)
    return redirect("desk:preferences")
