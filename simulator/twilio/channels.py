"""Twilio's APIs around WhatsApp: senders (messaging, v2) and content templates with their approvals (v1)."""

from typing import Any

from simulator.config import Account
from simulator.state import State
from simulator.twilio.checks import is_callback_url
from simulator.twilio.errors import error
from simulator.twilio.paging import meta_page_json
from simulator.twilio.senders import Sender, Template
from simulator.twilio.signing_in import Guard
from simulator.web import Request, Response, Route, json_response

URLS = ("callback_url", "fallback_url", "status_callback_url")


class TwilioChannels:
    """The handlers of both."""

    def __init__(self, state: State, guard: Guard) -> None:
        self._state = state
        self._guard = guard

    def routes(self) -> list[Route]:
        """The part of both that exists here."""
        senders, let_in = "/v2/Channels/Senders", self._guard.of_credentials
        return [
            Route("GET", senders, let_in(self._list_senders)),
            Route("GET", f"{senders}/{{sid}}", let_in(self._show_sender)),
            Route("POST", f"{senders}/{{sid}}", let_in(self._change_sender)),
            Route("GET", "/v1/ContentAndApprovals", let_in(self._list_templates)),
        ]

    def _list_senders(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        """Channel must be named, and the sandbox is nobody's sender."""
        if request.query.get("Channel") != "whatsapp":
            return error(20001)
        found = [each for each in account.senders.values() if not each.is_sandbox]
        listed = [sender_json(account, each) for each in found]
        return json_response(meta_page_json("senders", listed, request.query, self._url(request)))

    def _show_sender(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        sender = _sender(account, parts["sid"])
        return json_response(sender_json(account, sender)) if sender else error(20404)

    def _change_sender(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        """Only the webhook can be changed here."""
        sender, webhook = _sender(account, parts["sid"]), request.json().get("webhook", {})
        if sender is None:
            return error(20404)
        if account.status != "active":
            return error(20005)
        if not isinstance(webhook, dict) or any(
            webhook.get(name) and not is_callback_url(str(webhook[name])) for name in URLS
        ):
            return error(21402)
        method = str(webhook.get("callback_method") or sender.callback_method).upper()
        if method not in ("POST", "GET"):
            return error(21403)
        with self._state.lock:
            sender.callback_method = method
            for name in URLS:
                if name in webhook:
                    setattr(sender, name, str(webhook[name] or ""))
        return json_response(sender_json(account, sender), 202)

    def _list_templates(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        listed = [template_json(account, each) for each in account.templates.values()]
        return json_response(meta_page_json("contents", listed, request.query, self._url(request)))

    def _url(self, request: Request) -> str:
        return f"{self._state.base_url}{request.path}"


def sender_json(account: Account, sender: Sender) -> dict[str, Any]:
    """A Sender."""
    sid = account.sender_sid(sender)
    return {
        "sid": sid,
        "sender_id": sender.sender_id,
        "status": sender.status,
        "configuration": {"waba_id": "100000000000000", "verification_method": "sms"},
        "profile": {"name": sender.friendly_name, "about": "", "address": ""},
        "properties": {"quality_rating": "HIGH", "messaging_limit": "1K Customers/24hr"},
        "offline_reasons": sender.offline_reasons or None,
        "compliance": None,
        "webhook": {
            "callback_url": sender.callback_url,
            "callback_method": sender.callback_method,
            "fallback_url": sender.fallback_url,
            "fallback_method": "POST",
            "status_callback_url": sender.status_callback_url,
            "status_callback_method": "POST",
        },
        "url": f"https://messaging.twilio.com/v2/Channels/Senders/{sid}",
    }


def template_json(account: Account, template: Template) -> dict[str, Any]:
    """A content template with what WhatsApp said to it."""
    sid = account.template_sid(template)
    created = account.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "sid": sid,
        "account_sid": account.account_sid,
        "friendly_name": template.friendly_name,
        "language": template.language,
        "variables": template.variables,
        "types": template.types,
        "approval_requests": {
            "name": template.friendly_name,
            "category": template.category,
            "content_type": next(iter(template.types)),
            "status": template.status,
            "rejection_reason": template.rejection_reason,
            "allow_category_change": True,
        },
        "date_created": created,
        "date_updated": created,
    }


def _sender(account: Account, sid: str) -> Sender | None:
    return next((each for each in account.senders.values() if account.sender_sid(each) == sid), None)
