"""What every provider's file must do: the same tests for all, through the webhook view and over real sockets.

A provider's subclass says how its requests look; see test_contract.py.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_app import doors, leaving, outbox, refusals
from channels_app.accounts import credentials, provider_of, replace_secrets
from channels_app.models import ProviderAccount
from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.models_receipts import InboundText, OptOut, Refusal, WebhookReceipt
from channels_app.providers.base import Error, NotUnderstood, OutboundText, Outcome, WireRequest
from channels_app.views import LARGEST_BODY
from conversations import inbound
from conversations.models import Conversation, Message
from tests.channels_app.support import delivery_of, path_of
from tests.world import CUSTOMER, OUR_NUMBER, World


@dataclass(frozen=True)
class Post:
    """A request as a provider posts it."""

    body: bytes
    content_type: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What the other side answers; None for the status: it hangs up."""

    status: int | None
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Listener:
    """A server that answers everything alike, and keeps what it was asked."""

    url: str
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def answering(answer: Answer) -> Iterator[Listener]:
    """Such a server on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size).decode()
            listener.asked.append((self.command, self.path, dict(parse_qsl(body, keep_blank_values=True))))
            if answer.status is None:
                self.connection.close()
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener = Listener(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield listener
        server.shutdown()


class ProviderContract:
    """Inherited by a class for each provider, which fills in what is not implemented here."""

    secret: str
    other_secret: str

    def at_provider(self, world: World) -> World:
        """The world with its number at the provider."""
        raise NotImplementedError

    def text(self, text: str, *, number: int = 1, sender: str = CUSTOMER) -> dict[str, Any]:
        """A customer's text, as fields; `number` tells two texts apart."""
        raise NotImplementedError

    def report(self, *, number: int, is_delivered: bool, reference: str = "") -> dict[str, Any]:
        """A report on our text that the provider calls `number`; `reference` is echoed where that is done."""
        raise NotImplementedError

    def signed(self, url: str, fields: dict[str, Any], secret: str) -> Post:
        """The request with these fields to one of our addresses, signed with a secret."""
        raise NotImplementedError

    def garbage(self, url: str, secret: str) -> Post:
        """A request that is rightly signed, and cannot be understood."""
        raise NotImplementedError

    def external_id(self, number: int) -> str:
        """The provider's id of the text `number`."""
        raise NotImplementedError

    def takes(self, number: int = 1) -> Answer:
        """The provider takes a text of ours."""
        raise NotImplementedError

    def refuses_credentials(self) -> Answer:
        """The provider does not take the account's secret."""
        raise NotImplementedError

    def is_busy(self) -> Answer:
        """The provider takes no more at the moment, and surely did not take this one."""
        raise NotImplementedError

    def is_good(self) -> Answer:
        """What the provider answers when it is asked about an account that is all right."""
        raise NotImplementedError

    def said(self, form: dict[str, str]) -> tuple[str, str, str]:
        """Sender (digits), recipient (digits) and words of a text of ours on the wire."""
        raise NotImplementedError

    # --- in ---------------------------------------------------------------------------------------

    @pytest.fixture
    def there(self, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
        # Each refusal of a test is looked into.
        monkeypatch.setattr(refusals, "LOOK_EVERY_S", 0.0)
        return self.at_provider(world)

    def post(self, url: str, request: Post) -> Any:
        return Client().generic(
            "POST", path_of(url), request.body, content_type=request.content_type, headers=request.headers
        )

    def write(self, world: World, text: str, **options: Any) -> Any:
        url = world.inbound_url
        return self.post(url, self.signed(url, self.text(text, **options), self.secret))

    def test_a_text_becomes_a_message(self, there: World, drain: Any) -> None:
        answer = self.write(there, "Grüezi 🙂, is it ready?")
        ack = provider_of(there.number.account).ack()
        assert (answer.status_code, answer.content) == (ack.status, ack.body)
        assert answer["Content-Type"] == ack.content_type
        drain()
        text = InboundText.objects.get()
        assert (text.external_id, text.address.value) == (self.external_id(1), CUSTOMER)
        assert Message.objects.get(direction="inbound").text == "Grüezi 🙂, is it ready?"
        assert Conversation.objects.get().state == "open"

    def test_what_is_kept_holds_no_signature(self, there: World) -> None:
        request = self.signed(there.inbound_url, self.text("Hello"), self.secret)
        self.post(there.inbound_url, request)
        kept = WebhookReceipt.objects.get()
        assert bytes(kept.body) == request.body
        for value in request.headers.values():
            assert value not in str(kept.headers)

    @pytest.mark.parametrize("times", [2, 3])
    def test_a_repeat_is_the_same_receipt(self, there: World, drain: Any, times: int) -> None:
        for _ in range(times):
            assert self.write(there, "Hello").status_code == 200
            drain()
        assert (WebhookReceipt.objects.count(), Message.objects.filter(direction="inbound").count()) == (1, 1)

    def test_one_id_is_one_text_however_it_is_written(self, there: World, drain: Any) -> None:
        self.write(there, "Hello")
        self.write(there, "Hello, changed on its way")
        drain()
        assert InboundText.objects.count() == 1
        assert WebhookReceipt.objects.filter(state="ignored").count() == 1

    def test_a_long_text_is_stored_whole(self, there: World, drain: Any) -> None:
        self.write(there, "L" * 5000)
        drain()
        assert Message.objects.get(direction="inbound").text == "L" * 5000

    def test_texts_of_one_sender_have_one_key_and_reports_none(self, there: World) -> None:
        provider = provider_of(there.number.account)

        def key(fields: dict[str, Any]) -> str:
            made = self.signed(there.inbound_url, fields, self.secret)
            wire = WireRequest("POST", (), "", made.content_type, made.headers, made.body)
            return provider.sequence_key(wire)

        first, second = key(self.text("one")), key(self.text("two", number=2))
        other = key(self.text("three", number=3, sender="+14255550199"))
        assert first == second != other != ""
        assert key(self.report(number=1, is_delivered=True)) == ""

    # --- who may come in --------------------------------------------------------------------------

    @pytest.mark.parametrize("how", ["unsigned", "another secret", "another body", "the empty secret"])
    def test_without_the_right_signature_nothing_gets_in(self, there: World, how: str) -> None:
        url, fields = there.inbound_url, self.text("very private")
        request = self.signed(
            url, fields, {"another secret": self.other_secret, "the empty secret": ""}.get(how, self.secret)
        )
        if how == "unsigned":
            request = Post(request.body, request.content_type, {})
        if how == "another body":
            other = self.signed(url, self.text("very private", number=2), self.secret)
            request = Post(other.body, other.content_type, request.headers)
        answer = self.post(url, request)
        assert (answer.status_code, answer.content) == (403, b"")
        assert not WebhookReceipt.objects.exists()
        kept = Refusal.objects.get()
        assert kept.reason
        assert kept.verdict
        assert there.sms_settings.inbound_url.token not in repr(kept.__dict__)
        assert "private" not in repr(kept.__dict__)

    def test_the_secret_of_another_account_is_recognized(self, there: World) -> None:
        ProviderAccount.objects.create(
            provider=there.number.account.provider,
            external_id="of-another-account",
            base_url="https://api.example.com",
            secret=self.other_secret,
        )
        request = self.signed(there.inbound_url, self.text("Hello"), self.other_secret)
        assert self.post(there.inbound_url, request).status_code == 403
        assert "of-another-account" in Refusal.objects.get().verdict

    def test_both_secrets_count_while_one_takes_the_place_of_the_other(self, there: World) -> None:
        replace_secrets(account=there.number.account, secret=self.other_secret, secondary_secret=self.secret)
        doors.forget_doors()
        for number, secret in enumerate((self.secret, self.other_secret), start=1):
            request = self.signed(there.inbound_url, self.text("Hello", number=number), secret)
            assert self.post(there.inbound_url, request).status_code == 200

    def test_an_account_without_a_secret_lets_nobody_in(self, there: World) -> None:
        ProviderAccount.objects.filter(pk=there.number.account_id).update(secret="", secondary_secret="")
        request = self.signed(there.inbound_url, self.text("Hello"), "")
        assert self.post(there.inbound_url, request).status_code == 403

    def test_more_than_a_megabyte_is_too_much(self, there: World) -> None:
        request = self.signed(there.inbound_url, self.text("L" * LARGEST_BODY), self.secret)
        assert self.post(there.inbound_url, request).status_code == 413
        assert not WebhookReceipt.objects.exists()

    def test_what_is_not_understood_is_kept_with_its_reason(self, there: World, drain: Any) -> None:
        request = self.garbage(there.inbound_url, self.secret)
        assert self.post(there.inbound_url, request).status_code == 200
        drain()
        kept = WebhookReceipt.objects.get()
        assert (kept.state, bytes(kept.body)) == ("failed", request.body)
        assert kept.reason
        assert not InboundText.objects.exists()

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(
        body=st.binary(max_size=200),
        content_type=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "", "x/\x00"]),
        values=st.lists(st.text(st.characters(max_codepoint=255), max_size=60), min_size=3, max_size=3),
    )
    def test_whatever_comes_is_answered(
        self, there: World, body: bytes, content_type: str, values: list[str]
    ) -> None:
        names = ("HTTP_AUTHORIZATION", "HTTP_X_TS_AUTHORIZATION", "HTTP_X_TWILIO_SIGNATURE")
        headers = dict(zip(names, values, strict=True))
        path = path_of(there.inbound_url)
        answer = Client().generic("POST", path, body, content_type=content_type, **headers)
        assert answer.status_code == 403
        provider = provider_of(there.number.account)
        wire = WireRequest("POST", ("https://x.example/",), "", content_type, {}, body)
        provider.sequence_key(wire)
        try:
            provider.classify(wire, credentials(there.number.account))
        except NotUnderstood as error:
            # Shown to people: never empty.
            if not str(error):
                raise

    # --- opt-out ----------------------------------------------------------------------------------

    def test_stop_closes_the_pair_and_start_opens_it(self, there: World, drain: Any) -> None:
        self.write(there, "Hello")
        self.write(there, "Stop", number=2)
        drain()
        assert OptOut.objects.filter(ended_at=None, number=there.number).count() == 1
        with pytest.raises(outbox.Refused):
            delivery_of(there)
        self.write(there, "start", number=3)
        drain()
        assert not OptOut.objects.filter(ended_at=None).exists()
        assert delivery_of(there).state == "pending"

    # --- reports ----------------------------------------------------------------------------------

    def tell(self, world: World, **options: Any) -> WebhookReceipt:
        """Post a report and work on it."""
        url = world.inbound_url
        assert self.post(url, self.signed(url, self.report(**options), self.secret)).status_code == 200
        WebhookReceipt.objects.update(next_attempt_at=timezone.now())
        inbound.take_one()
        return WebhookReceipt.objects.latest("id")

    def sent(self, world: World, *, number: int = 1, **changes: Any) -> Delivery:
        delivery = delivery_of(world)
        values = {"state": "queued", "external_id": self.external_id(number), "left_at": timezone.now()}
        Delivery.objects.filter(pk=delivery.pk).update(**{**values, **changes})
        return Delivery.objects.get(pk=delivery.pk)

    @pytest.mark.parametrize(("is_delivered", "states"), [(True, {"delivered"}), (False, {"undelivered"})])
    def test_a_report_moves_our_text(self, there: World, is_delivered: bool, states: set[str]) -> None:
        delivery = self.sent(there)
        assert self.tell(there, number=1, is_delivered=is_delivered).state == "done"
        delivery.refresh_from_db()
        assert delivery.state in states
        assert bool(delivery.error) == bool(delivery.explanation) == (not is_delivered)

    def test_a_report_on_nothing_of_ours_is_ignored_in_the_end(self, there: World) -> None:
        receipt = self.tell(there, number=77, is_delivered=True)
        for _ in range(inbound.REPORT_TRIES):
            WebhookReceipt.objects.update(next_attempt_at=timezone.now())
            inbound.take_one()
        receipt.refresh_from_db()
        assert (receipt.state, self.external_id(77) in receipt.reason) == ("ignored", True)

    def test_a_late_failure_does_not_undo_what_arrived(self, there: World) -> None:
        delivery = self.sent(there)
        self.tell(there, number=1, is_delivered=True)
        self.tell(there, number=1, is_delivered=False)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.error) == ("delivered", "")

    # --- out --------------------------------------------------------------------------------------

    def leave(self, world: World, url: str, text: str = "Your parcel is on its way.") -> Delivery:
        """Send a text to a server, and write what it comes to."""
        ProviderAccount.objects.update(base_url=url)
        delivery = delivery_of(world, text)
        assert leaving.send_one()
        return Delivery.objects.get(pk=delivery.pk)

    def test_a_text_leaves_as_it_was_written(self, there: World) -> None:
        with answering(self.takes()) as listener:
            delivery = self.leave(there, listener.url, "Grüezi 🙂 & + %\n=")
        [(method, _, form)] = listener.asked
        assert method == "POST"
        assert self.said(form) == (OUR_NUMBER, CUSTOMER.removeprefix("+"), "Grüezi 🙂 & + %\n=")
        assert delivery.external_id == self.external_id(1)
        assert delivery.state in {"accepted", "queued", "sending"}

    @pytest.mark.parametrize(
        ("answer", "state"),
        [
            (Answer(500, b"{}"), "unknown"),
            (Answer(200, b"<html>Welcome</html>"), "unknown"),
            (Answer(None), "unknown"),
            (Answer(400, b"<html>"), "failed"),
            (Answer(404, b"{}"), "failed"),
            (Answer(429), "pending"),
        ],
    )
    def test_an_odd_answer_is_taken_for_what_it_is(self, there: World, answer: Answer, state: str) -> None:
        with answering(answer) as listener:
            delivery = self.leave(there, listener.url)
            assert not leaving.send_one()
        assert delivery.state == state
        assert len(listener.asked) == 1
        assert delivery.explanation

    def test_no_redirect_is_followed(self, there: World) -> None:
        with ExitStack() as stack:
            elsewhere = stack.enter_context(answering(self.takes()))
            away = Answer(307, headers={"Location": f"{elsewhere.url}/"})
            delivery = self.leave(there, stack.enter_context(answering(away)).url)
        assert (delivery.state, elsewhere.asked) == ("failed", [])

    def test_nobody_there(self, there: World) -> None:
        with answering(self.takes()) as listener:
            url = listener.url
        delivery = self.leave(there, url)
        assert (delivery.state, delivery.error) == ("pending", Error.UNAVAILABLE)

    def test_what_is_too_fast_is_tried_again_by_itself(self, there: World) -> None:
        with answering(self.is_busy()) as listener:
            delivery = self.leave(there, listener.url)
        assert (delivery.state, delivery.error) == ("pending", Error.THROTTLED)

    def test_wrong_credentials_fail_and_leave_no_trace_of_the_secret(self, there: World) -> None:
        with answering(self.refuses_credentials()) as listener:
            delivery = self.leave(there, listener.url)
        assert (delivery.state, delivery.error) == ("failed", Error.BAD_CREDENTIALS)
        assert "administrator" in delivery.explanation
        assert self.secret not in repr(list(ProviderCall.objects.values()))

    def test_what_is_in_doubt_is_never_said_to_be_unsent_at_once(self, there: World) -> None:
        account, now = there.number.account, timezone.now()
        wanted = OutboundText(OUR_NUMBER, CUSTOMER, "Hello", "", "7-abc")
        with answering(Answer(500)) as listener:
            ProviderAccount.objects.update(base_url=listener.url)
            account.refresh_from_db()
            found = provider_of(account).find_sent(
                credentials(account), wanted, now, frozenset(), lambda call: None
            )
        assert found.finding == "cannot_tell"

    # --- asking about the account -----------------------------------------------------------------

    def check(self, world: World, answer: Answer) -> Any:
        account = world.number.account
        with answering(answer) as listener:
            account.base_url = listener.url
            return provider_of(account).check_credentials(credentials(account), (), lambda call: None)[0]

    def test_a_good_account(self, there: World) -> None:
        found = self.check(there, self.is_good())
        assert (found.level, found.outcome) == ("success", "good")

    @pytest.mark.parametrize(
        ("answer", "outcomes"),
        [
            (Answer(None), {"unreachable"}),
            (Answer(503, b"{}"), {"unreachable"}),
            (Answer(429), {"throttled"}),
            (Answer(200, b"<html>Welcome</html>"), {"unreadable"}),
        ],
    )
    def test_an_account_that_cannot_be_asked_about(
        self, there: World, answer: Answer, outcomes: set[str]
    ) -> None:
        found = self.check(there, answer)
        assert found.outcome in outcomes
        assert found.level in {"error", "warning"}
        assert "ry again" in found.text

    def test_wrong_credentials_are_told(self, there: World) -> None:
        found = self.check(there, self.refuses_credentials())
        assert (found.level, found.outcome) == ("error", "bad_credentials")

    # --- words ------------------------------------------------------------------------------------

    def test_what_people_read(self, there: World) -> None:
        provider = provider_of(there.number.account)
        for word in ("name", "external_id", "secret", "inbound_url", "where"):
            assert getattr(provider.words, word)
        assert provider.guide.inbound_url
        assert provider.guide.number
        assert provider.guide.validation
        assert provider.default_base_url.startswith("https://")
        assert provider.channels["sms"].text_limit == 1600
        assert provider.check_external_id(there.number.account.external_id) == ""
        assert provider.check_external_id("nonsense") != ""
        assert provider.check_secret(self.secret) == ""
        assert provider.error_url("no code") == ""
        told = provider.told("https://desk.example.test/hooks/a-token/status/7/?x=y")
        assert "a-token" not in told
        assert "x=y" not in told


__all__ = ["Answer", "Outcome", "Post", "ProviderContract"]
