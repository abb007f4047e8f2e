"""Who makes a request to Twilio's API: the account's own SID and primary auth token, and nobody else.

A secondary token signs in nowhere before it is promoted, and there are no API keys here.
"""

import base64
import binascii
import hmac
from collections.abc import Callable

from simulator.config import Account
from simulator.faults import Fault
from simulator.state import State
from simulator.twilio.errors import error
from simulator.twilio.faults import MODES, parse_fault
from simulator.twilio.sending import Sending, seen, unaccepted_answer
from simulator.web import Handler, Request, Response

Answer = Callable[[Request, Account, dict[str, str]], Response]


class Guard:
    """Lets in only who has the account's SID and token, notes the request, and fails where it is to fail."""

    def __init__(self, state: State, sending: Sending) -> None:
        self._state = state
        self._sending = sending

    def of_path(self, answer: Answer, *, is_sending: bool = False) -> Handler:
        """For addresses that name the account."""

        def guarded(request: Request, parts: dict[str, str]) -> Response:
            account = self._state.accounts.get(parts["account"])
            if account is not None and not has_signed_in(request, account):
                account = None
            if is_sending and account is not None:
                return answer(request, account, parts)
            return self._answer(answer, request, account, parts, is_sending=is_sending)

        return guarded

    def of_credentials(self, answer: Answer) -> Handler:
        """For Twilio's newer products, whose addresses do not name it: the account is who signs in."""

        def guarded(request: Request, parts: dict[str, str]) -> Response:
            with self._state.lock:
                accounts = list(self._state.accounts.values())
            account = next((each for each in accounts if has_signed_in(request, each)), None)
            return self._answer(answer, request, account, parts)

        return guarded

    def _answer(
        self,
        answer: Answer,
        request: Request,
        account: Account | None,
        parts: dict[str, str],
        *,
        is_sending: bool = False,
    ) -> Response:
        mode = MODES[self._state.mode]
        if account is None:
            if mode:
                return self._fault(parse_fault(mode))
            response = error(20003)
            accepted = False if is_sending else None
            sid = parts.get("account", "")
            self._state.add_request(seen(request, sid, response.status, accepted=accepted))
            return response
        fault = self._state.take_fault(target="other") or mode
        response = self._fault(parse_fault(fault)) if fault else answer(request, account, parts)
        self._state.add_request(seen(request, account.account_sid, response.status))
        return response

    def _fault(self, fault: Fault) -> Response:
        response = unaccepted_answer(fault)
        if response is None:
            self._sending.break_off(fault)
        return response or error(20500)


def has_signed_in(request: Request, account: Account) -> bool:
    """Whether the request brings this account's SID and token."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = f"{account.account_sid}:{account.auth_token}".encode()
    return scheme.lower() == "basic" and hmac.compare_digest(given, expected)
