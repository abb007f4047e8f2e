"""The customer's phone in the browser: who you are, whom you text, the thread, and numbers to try.

Works without JavaScript; with it the thread follows by itself. Every text is escaped by the template engine.
"""

import re
import threading
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.template import Context, Engine

from simulator.config import E164
from simulator.state import State
from simulator.thread import bubbles, format_number, recent_pairs
from simulator.twilio.faults import MAGIC_NUMBERS
from simulator.twilio.inbound import CustomerText, Inbound
from simulator.web import Fields, Request, Response, Route, redirect

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
STATIC = Path(__file__).resolve().parent / "static" / "simulator"
# Named one by one, so that no path can lead out of the directory.
STATIC_TYPES = {
    "tokens.css": "text/css; charset=utf-8",
    "phone.css": "text/css; charset=utf-8",
    "phone.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
SECURITY_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
# Ranges kept free for fiction in North America and the United Kingdom.
SUGGESTIONS = ("+14255550100", "+14255550101", "+12065550142", "+442079460123")
LONGEST_TEXT = 1600
# Long enough for a healthy app to answer, so that the page already shows it.
PATIENCE_S = 1.5


class Phone:
    """The handlers of the page."""

    def __init__(self, state: State, inbound: Inbound) -> None:
        self._state = state
        self._inbound = inbound
        # An engine of its own: the product's template settings, if any, are not ours.
        self._engine = Engine(dirs=[str(TEMPLATES)])

    def routes(self) -> list[Route]:
        """The page, its thread, its form and its static files."""
        return [
            Route("GET", "/", self._show),
            Route("GET", "/thread", self._show_thread),
            Route("POST", "/send", self._send),
            Route("GET", "/static/simulator/{name}", _show_static),
        ]

    def _show(self, request: Request, parts: dict[str, str]) -> Response:
        return self._page(request.query)

    def _show_thread(self, request: Request, parts: dict[str, str]) -> Response:
        """The thread alone, for the script that keeps the page up to date."""
        me, to = clean_number(request.query.get("me")), clean_number(request.query.get("to"))
        return self._render("simulator/_thread.html", self._thread(me, to))

    def _send(self, request: Request, parts: dict[str, str]) -> Response:
        form = request.form
        me, to, body = clean_number(form.get("me")), clean_number(form.get("to")), form.get("body")
        problem = self._problem(me, to) or _body_problem(body)
        if problem:
            return self._page(form, problem=problem, status=422)
        self._deliver(CustomerText(me, to, body.replace("\r\n", "\n")))
        return redirect(f"/?{urlencode({'me': me, 'to': to})}")

    def _deliver(self, text: CustomerText) -> None:
        """Hand the text over, and do not make the customer wait for a slow app: the bubble tells the rest."""
        message = self._inbound.accept(text)
        delivery = threading.Thread(target=self._inbound.deliver, args=(message, text), daemon=True)
        delivery.start()
        delivery.join(PATIENCE_S)

    def _page(self, fields: Fields, *, problem: str = "", status: int = 200) -> Response:
        companies = self._companies()
        me = clean_number(fields.get("me", SUGGESTIONS[0]))
        to = clean_number(fields.get("to")) or next(iter(companies), "")
        context = {
            **self._thread(me, to),
            "companies": [(number, format_number(number), name) for number, name in companies.items()],
            "company_name": companies.get(to, ""),
            "suggestions": SUGGESTIONS,
            "magic_numbers": [(magic, format_number(magic.number)) for magic in MAGIC_NUMBERS],
            "recent": recent_pairs(self._state, me, to),
            "problem": problem or self._problem(me, to),
            "number_problem": _number_problem(me),
            "body": fields.get("body"),
            "longest": str(LONGEST_TEXT),
        }
        return self._render("simulator/phone.html", context, status)

    def _thread(self, me: str, to: str) -> dict[str, Any]:
        return {
            "me": me,
            "me_shown": format_number(me),
            "to": to,
            "to_shown": format_number(to),
            "bubbles": bubbles(self._state, me, to),
            "is_closed": self._state.is_closed(me, to),
        }

    def _companies(self) -> dict[str, str]:
        with self._state.lock:
            accounts = list(self._state.accounts.values())
            return {
                number.phone_number: number.friendly_name or account.friendly_name
                for account in accounts
                for number in account.numbers.values()
                if number.sms
            }

    def _problem(self, me: str, to: str) -> str:
        """A sentence that says what to write instead, or nothing."""
        if problem := _number_problem(me):
            return problem
        if not to:
            return "No company number is set up yet: add one to the configuration."
        return "" if self._state.owner_of(to) else f"No company here has the number {to}. Choose another one."

    def _render(self, template: str, context: Mapping[str, Any], status: int = HTTPStatus.OK) -> Response:
        # Both switches would otherwise be looked up in Django settings, which this process may not have.
        page = self._engine.get_template(template).render(
            Context(dict(context), use_l10n=False, use_tz=False)
        )
        return Response(status, page.encode(), "text/html; charset=utf-8", SECURITY_HEADERS)


def clean_number(text: str) -> str:
    """A number as people write it, without blanks and signs; a leading 00 becomes the plus."""
    number = re.sub(r"[\s().\-/]", "", text)
    return f"+{number[2:]}" if number.startswith("00") else number


def _number_problem(me: str) -> str:
    if E164.fullmatch(me):
        return ""
    return "Write your number with a plus and the country code, for example +1 425 555 0100."


def _body_problem(body: str) -> str:
    if not body.strip():
        return "Write something first."
    return f"A text has at most {LONGEST_TEXT} characters." if len(body) > LONGEST_TEXT else ""


def _show_static(request: Request, parts: dict[str, str]) -> Response:
    content_type = STATIC_TYPES.get(parts["name"])
    if content_type is None:
        return Response(404, b"No such file.\n")
    return Response(200, (STATIC / parts["name"]).read_bytes(), content_type, SECURITY_HEADERS)
