"""The customer's phone in the browser: who you are, whom you text, the thread, and numbers to try.

Works without JavaScript; with it the thread follows by itself. Every text is escaped by the template engine.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.template import Context, Engine

from simulator import writing
from simulator.companies import Company, companies, plain, set_address
from simulator.customers import Customers, CustomerText
from simulator.files import FAULTS
from simulator.state import State
from simulator.thread import bubbles, extract, format_number, recent_pairs, unread
from simulator.twilio.callbacks import Callbacks
from simulator.twilio.checks import is_callback_url
from simulator.twilio.whatsapp import USER_ID, address_of
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
# Shown in the page; whatever else a file is, it is saved.
SHOWN_FAMILIES = ("image", "audio", "video")
# Ranges kept free for fiction in North America and the United Kingdom.
SUGGESTIONS = ("+14255550100", "+14255550101", "+12065550142", "+442079460123")
# Long enough for a healthy app to answer, so that the page already shows it.
PATIENCE_S = 1.5


class Phone:
    """The handlers of the page."""

    def __init__(self, state: State, customers: Customers, callbacks: Callbacks) -> None:
        self._state = state
        self._customers = customers
        self._callbacks = callbacks
        # An engine of its own: the product's template settings, if any, are not ours.
        self._engine = Engine(dirs=[str(TEMPLATES)])

    def routes(self) -> list[Route]:
        """The page, its thread, its forms, the files in it and its static files."""
        return [
            Route("GET", "/", self._show),
            Route("GET", "/thread", self._show_thread),
            Route("POST", "/send", self._send),
            Route("POST", "/press", self._press),
            Route("POST", "/read", self._read),
            Route("POST", "/later", self._let_a_day_pass),
            Route("POST", "/address", self._set_address),
            Route("GET", "/files/{sid}", self._show_file),
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
        me, company = self._parties(form)
        problem = self._problem(me, form.get("to"), company)
        if company is None or problem:
            return self._page(form, problem=problem, status=422)
        draft = writing.read(me, company, form, request.uploads)
        if problem := writing.problem(draft):
            return self._page(form, problem=problem, status=422)
        self._deliver(writing.texts(draft))
        return _back(form)

    def _press(self, request: Request, parts: dict[str, str]) -> Response:
        form = request.form
        me, company = self._parties(form)
        message, place = self._state.message(form.get("sid")), form.get("choice")
        if company is None or message is None or place not in map(str, range(len(message.choices))):
            return self._page(form, problem="This button is gone. Load the page again.", status=422)
        choice = message.choices[int(place)]
        self._deliver([writing.pressed(me, company, message, choice, form.get("profile_name"))])
        return _back(form)

    def _deliver(self, texts: Sequence[CustomerText]) -> None:
        """Hand them over, and do not make the customer wait for a slow app: the bubbles tell the rest."""
        accepted = [(self._customers.accept(text), text) for text in texts]

        def deliver() -> None:
            for message, text in accepted:
                self._customers.deliver(message, text)

        delivery = threading.Thread(target=deliver, daemon=True)
        delivery.start()
        delivery.join(PATIENCE_S)

    def _read(self, request: Request, parts: dict[str, str]) -> Response:
        """The customer looks at what has come: WhatsApp tells the company so."""
        form = request.form
        for message in unread(self._state, clean_number(form.get("me")), clean_number(form.get("to"))):
            self._callbacks.read(message.sid)
        return _back(form)

    def _let_a_day_pass(self, request: Request, parts: dict[str, str]) -> Response:
        form = request.form
        me, to = clean_number(form.get("me")), clean_number(form.get("to"))
        self._state.let_time_pass(24, address_of(me), to)
        return _back(form)

    def _set_address(self, request: Request, parts: dict[str, str]) -> Response:
        form = request.form
        _, company = self._parties(form)
        url = form.get("url").strip()
        if company is None or (url and not is_callback_url(url)):
            return self._page(form, problem="Write a whole address, with https:// or http://.", status=422)
        set_address(self._state, company, url)
        return _back(form)

    def _show_file(self, request: Request, parts: dict[str, str]) -> Response:
        file = self._state.file(parts["sid"])
        if file is None:
            return Response(404, b"No such file.\n")
        is_shown = file.family in SHOWN_FAMILIES and file.content_type != "image/svg+xml"
        disposition = (("Content-Disposition", "attachment"),)
        content_type = file.content_type if is_shown else "application/octet-stream"
        headers = SECURITY_HEADERS if is_shown else (*SECURITY_HEADERS, *disposition)
        return Response(200, file.content, content_type, headers)

    def _parties(self, form: Fields) -> tuple[str, Company | None]:
        return clean_number(form.get("me")), companies(self._state).get(clean_number(form.get("to")))

    def _page(self, fields: Fields, *, problem: str = "", status: int = 200) -> Response:
        known = companies(self._state)
        me = clean_number(fields.get("me", SUGGESTIONS[0]))
        to = clean_number(fields.get("to")) or next(iter(known), "")
        company = known.get(to)
        listed = [(each, format_number(plain(each.address))) for each in known.values()]
        context = {
            **self._thread(me, to),
            "company": company,
            "listening": [pair for pair in listed if pair[0].url or pair[0].address == to],
            "silent": [pair for pair in listed if not pair[0].url and pair[0].address != to],
            "suggestions": SUGGESTIONS,
            "magic_numbers": [
                (magic, format_number(magic.number)) for magic in (company.magic_numbers if company else ())
            ],
            "recent": recent_pairs(self._state, me, to),
            "problem": problem or self._problem(me, to, company),
            "number_problem": writing.number_problem(me, company),
            "fields": dict(reversed(fields.pairs)),
            "quoted": extract(self._state, fields.get("reply_to")),
            "faults": FAULTS.items(),
            "longest": str(writing.LONGEST_TEXT),
        }
        return self._render("simulator/phone.html", context, status)

    def _thread(self, me: str, to: str) -> dict[str, Any]:
        is_whatsapp = to.startswith("whatsapp:")
        closes_at = self._state.window_closes_at(address_of(me), to) if is_whatsapp else None
        return {
            "me": me,
            "me_shown": format_number(me),
            "to": to,
            "to_shown": format_number(plain(to)),
            "bubbles": bubbles(self._state, me, to),
            "unread": str(len(unread(self._state, me, to))),
            "is_closed": self._state.is_closed(me, to),
            "is_whatsapp": is_whatsapp,
            "is_window_open": is_whatsapp and self._state.is_window_open(address_of(me), to),
            "closes_at": closes_at.astimezone().strftime("%a %H:%M") if closes_at else "",
        }

    def _problem(self, me: str, to: str, company: Company | None) -> str:
        """A sentence that says what to write instead, or nothing."""
        if problem := writing.number_problem(me, company):
            return problem
        if company:
            return ""
        if not to:
            return "No company number is set up yet: add one to the configuration."
        return f"No company here has the number {to}. Choose another one."

    def _render(self, template: str, context: Mapping[str, Any], status: int = HTTPStatus.OK) -> Response:
        # Both switches would otherwise be looked up in Django settings, which this process may not have.
        page = self._engine.get_template(template).render(
            Context(dict(context), use_l10n=False, use_tz=False)
        )
        return Response(status, page.encode(), "text/html; charset=utf-8", SECURITY_HEADERS)


def clean_number(text: str) -> str:
    """A number as people write it, without blanks and signs; a leading 00 becomes the plus.

    WhatsApp's own id of a person stays as it is.
    """
    if USER_ID.fullmatch(text.strip()):
        return text.strip()
    number = re.sub(r"[\s().\-/]", "", text)
    return f"+{number[2:]}" if number.startswith("00") else number


def _back(form: Fields) -> Response:
    pair = {"me": clean_number(form.get("me")), "to": clean_number(form.get("to"))}
    return redirect(f"/?{urlencode(pair)}")


def _show_static(request: Request, parts: dict[str, str]) -> Response:
    content_type = STATIC_TYPES.get(parts["name"])
    if content_type is None:
        return Response(404, b"No such file.\n")
    return Response(200, (STATIC / parts["name"]).read_bytes(), content_type, SECURITY_HEADERS)
