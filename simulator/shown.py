"""What the control API shows of accounts, messages and requests, as JSON."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from simulator.config import Account
from simulator.records import Attempt, Message, SeenRequest
from simulator.telesign.accounts import TeleSignAccount


def account_json(account: Account) -> dict[str, Any]:
    """Tokens shortened to their end: enough to tell two apart."""
    shown = asdict(account)
    for name in ("auth_token", "secondary_auth_token"):
        shown[name] = f"…{shown[name][-4:]}" if shown[name] else ""
    shown["senders"] = [
        {"sid": account.sender_sid(each), **asdict(each)} for each in account.senders.values()
    ]
    shown["templates"] = [
        {"sid": account.template_sid(each), **asdict(each)} for each in account.templates.values()
    ]
    shown["services"] = [asdict(service) for service in account.services.values()]
    shown["created_at"] = account.created_at.isoformat()
    shown["numbers"] = [
        {"sid": account.number_sid(number), **asdict(number)} for number in account.numbers.values()
    ]
    return shown


def telesign_json(account: TeleSignAccount) -> dict[str, Any]:
    """As account_json."""
    shown = asdict(account)
    for name in ("api_key", "secondary_api_key"):
        shown[name] = f"…{shown[name][-4:]}" if shown[name] else ""
    shown["numbers"] = [asdict(number) for number in account.numbers.values()]
    return shown


def message_json(message: Message) -> dict[str, Any]:
    """A message with every call of a webhook made for it."""
    return {
        "sid": message.sid,
        "provider": str(message.provider),
        "external_id": message.external_id,
        "account_sid": message.account_sid,
        "direction": str(message.direction),
        "from": message.sender,
        "to": message.recipient,
        "body": message.body,
        "media": message.media,
        "files": [
            {"sid": file.sid, "content_type": file.content_type, "name": file.name, "size": len(file.content)}
            for file in message.files
        ],
        "choices": [asdict(choice) for choice in message.choices],
        "status": message.status,
        "error_code": message.error_code,
        "status_callback": message.status_callback,
        "created_at": message.created_at.isoformat(),
        "sent_at": _iso(message.sent_at),
        "attempts": [attempt_json(attempt) for attempt in message.attempts],
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    """One call of a webhook."""
    return {**asdict(attempt), "at": attempt.at.isoformat()}


def request_json(request: SeenRequest) -> dict[str, Any]:
    """One request to the provider's API."""
    return {**asdict(request), "form": [list(pair) for pair in request.form], "at": request.at.isoformat()}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
