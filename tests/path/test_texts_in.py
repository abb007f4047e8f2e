"""From a webhook to a message in a conversation: every shape of a text, end to end."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app import receipts
from channels_app.models import Number
from channels_app.models_receipts import InboundText, WebhookReceipt
from contacts.models import Account, Address, Contact
from conversations import inbound, services, upkeep
from conversations.models import Conversation, Message, RoutingDecision
from omnichannel.lib import backoff
from routing.conditions import Condition, all_of, any_of
from routing.models import Queue, RoutingRule, WorkStream
from tests.channels_app.support import ids, library_signature, path_of, table
from tests.path.support import post_pairs, thread, write
from tests.world import ACCOUNT_SID, CUSTOMER, post_webhook, sid, text_params

TRANSACTION_WORDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def pairs_of(case) -> list[tuple[str, str]]:
    if "only" in case:
        return list(case["only"].items())
    params = text_params("Is my bike ready?", sender="+14255550142", number=0xB01)
    params |= case["change"]
    pairs = []
    for name, value in params.items():
        if name not in case.get("drop", ()):
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
    return pairs


@pytest.mark.parametrize("case", table("inbound"), ids=ids)
def test_what_becomes_of_each_shape(case, world, drain):
    expect = case["expect"]

    assert post_pairs(world.inbound_url, pairs_of(case)).status_code == 200
    drain()

    receipt = WebhookReceipt.objects.get()
    assert receipt.state == expect["receipt"], receipt.reason
    assert expect.get("reason", "") in receipt.reason
    if receipt.state != "done":
        assert not InboundText.objects.exists()
        assert not Conversation.objects.exists()
        assert not Address.objects.exists()
        return
    text = InboundText.objects.get()
    assert text.disposition == expect["disposition"]
    assert (text.address.kind, text.address.value) == (expect["kind"], expect["sender"])
    assert text.text == expect["text"]
    assert text.media_count == expect.get("media", 0)
    assert text.segments == expect.get("segments", 1)
    assert text.keyword == expect.get("keyword", "")
    assert text.external_id == expect.get("external_id", sid(0xB01))
    assert text.received_at == receipt.received_at
    assert text.address.profile_name == expect.get("profile_name", "")
    if expect["disposition"] == "conversation":
        message = Message.objects.get(direction="inbound")
        assert (message.text, message.inbound_text) == (expect["text"], text)
        assert message.conversation.state == "open"
        assert message.conversation.queue == world.default_queue
    else:
        assert not Conversation.objects.exists()


@pytest.mark.parametrize("case", table("keywords"), ids=ids)
def test_a_text_is_a_keyword_only_as_a_whole(case, world, drain):
    extra = {"OptOutType": case["opt_out_type"]} if "opt_out_type" in case else {}
    write(world, case["text"], number=1, **extra)
    drain()
    assert InboundText.objects.get().keyword == case["keyword"]


def test_the_place_of_the_sender_is_kept(world, drain):
    write(world, "Hello", number=1)
    drain()
    assert InboundText.objects.get().profile == {
        "FromCity": "REDMOND",
        "FromState": "WA",
        "FromZip": "98052",
        "FromCountry": "US",
    }


def test_a_text_by_get_is_a_text(world, drain):

    url = f"{world.inbound_url}?{urlencode(text_params('by GET'))}"
    answer = Client().get(path_of(url), headers={"X-Twilio-Signature": library_signature(url, {})})
    assert answer.status_code == 200
    drain()
    assert Message.objects.get(direction="inbound").text == "by GET"


def test_a_text_posted_to_a_status_address_is_a_text(world, drain):
    post_webhook(f"{world.inbound_url}status/17/", text_params("Hello"))
    drain()
    assert InboundText.objects.get().disposition == "conversation"


def test_a_report_posted_to_the_inbound_address_is_no_text(world, drain):
    params = text_params("") | {
        "SmsStatus": "delivered",
        "MessageStatus": "delivered",
        "From": "+14252306549",
    }
    post_webhook(world.inbound_url, params)
    drain()
    assert not InboundText.objects.exists()
    assert not Conversation.objects.exists()


# --- duplicates -----------------------------------------------------------------------------------


def test_the_same_request_twice_is_one_receipt(world, drain):
    for _ in range(3):
        write(world, "Hello", number=1)
    assert WebhookReceipt.objects.count() == 1
    drain()
    write(world, "Hello", number=1)
    drain()
    assert Message.objects.filter(direction="inbound").count() == 1
    assert WebhookReceipt.objects.get().state == "done"


@pytest.mark.parametrize(
    "other",
    [
        {"Body": "Hello again"},
        {"ErrorCode": "11200", "ErrorUrl": "https://desk.example.test/hooks/x/"},
        {"FromCity": "SEATTLE"},
    ],
    ids=["another body", "by the fallback address", "another place"],
)
def test_the_same_id_in_another_request_is_no_second_text(world, drain, other):
    write(world, "Hello", number=1)
    write(world, "Hello", number=1, **other) if "Body" not in other else write(world, other["Body"], number=1)
    drain()
    assert WebhookReceipt.objects.count() == 2
    assert sorted(WebhookReceipt.objects.values_list("state", flat=True)) == ["done", "ignored"]
    assert thread(Conversation.objects.get(), "inbound") == ["Hello"]


def test_the_same_text_with_and_without_the_last_slash_is_one_text(world, drain):
    write(world, "Hello", number=1)
    post_webhook(world.inbound_url.rstrip("/"), text_params("Hello"))
    drain()
    assert Message.objects.filter(direction="inbound").count() == 1


def test_two_texts_are_one_conversation_and_one_after_the_end_is_another(world, drain):
    write(world, "one", number=1)
    write(world, "two", number=2)
    drain()
    first = Conversation.objects.get()
    assert thread(first, "inbound") == ["one", "two"]
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        upkeep.close_overdue(now=timezone.now())
        write(world, "three", number=3)
        drain()
    assert Conversation.objects.count() == 2
    assert thread(Conversation.objects.latest("id"), "inbound") == ["three"]


# --- failed, and replayed -------------------------------------------------------------------------


def test_a_failed_one_is_replayed_after_its_cause_is_mended(world, drain, monkeypatch):
    def broken(*_, **__):
        raise inbound.NotUnderstood("The text has no soul.")

    monkeypatch.setattr("channels_app.providers.twilio.parse_inbound", broken)
    write(world, "Hello", number=1)
    drain()
    failed = WebhookReceipt.objects.get()
    assert (failed.state, failed.reason) == ("failed", "The text has no soul.")
    assert failed.processed_at is not None
    monkeypatch.undo()

    assert receipts.reopen(WebhookReceipt.objects.filter(pk=failed.pk), now=timezone.now()) == 1
    drain()

    assert WebhookReceipt.objects.get().state == "done"
    assert Message.objects.filter(direction="inbound").count() == 1


def test_replaying_what_is_done_does_nothing(world, drain):
    write(world, "Hello", number=1)
    drain()
    assert receipts.reopen(WebhookReceipt.objects.all(), now=timezone.now()) == 0


# --- numbers that are no longer claimed -----------------------------------------------------------


@pytest.mark.parametrize("gone", ["number", "stream", "role"])
def test_a_text_to_a_number_out_of_use_is_kept_as_unrouted(world, drain, gone):
    if gone == "number":
        Number.objects.update(deleted_at=timezone.now())
    elif gone == "stream":
        WorkStream.objects.update(deleted_at=timezone.now())
    else:
        world.number.sms_number.delete()
    write(world, "Hello", number=1)
    drain()
    kept = InboundText.objects.get()
    assert (kept.disposition, kept.number) == ("unrouted", world.number)
    assert not Conversation.objects.exists()
    assert "no work stream" in WebhookReceipt.objects.get().reason


def test_a_blocked_sender_reaches_nobody_and_is_kept(world, drain):
    Address.objects.create(kind="phone", value=CUSTOMER, blocked_until=timezone.now() + timedelta(hours=1))
    write(world, "Hello", number=1)
    drain()
    assert InboundText.objects.get().disposition == "blocked"
    assert not Conversation.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        write(world, "Hello?", number=2)
        drain()
    assert InboundText.objects.get(external_id=sid(2)).disposition == "conversation"


# --- order ----------------------------------------------------------------------------------------


def test_the_texts_of_one_sender_are_taken_in_order(world):
    first = write(world, "one", number=1)
    write(world, "two", number=2)
    write(world, "other", number=3, sender="+14255550199")
    now = timezone.now()
    assert receipts.claim_next(now=now).pk == first.pk
    # The second waits for the first; somebody else's does not.
    assert receipts.claim_next(now=now).sequence_key.startswith("+14255550199")
    assert receipts.claim_next(now=now) is None


def test_a_text_that_is_tried_again_later_is_not_overtaken(world, monkeypatch):
    write(world, "one", number=1)
    write(world, "two", number=2)
    real, calls = services.add_inbound, []

    def once_broken(**options):
        calls.append(options["inbound"].text)
        if len(calls) == 1:
            raise OperationalError("the database went away")
        return real(**options)

    monkeypatch.setattr(services, "add_inbound", once_broken)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        assert inbound.take_one()
        assert not inbound.take_one()
    with time_machine.travel(now + timedelta(seconds=5), tick=False):
        while inbound.take_one():
            pass
    assert calls == ["one", "one", "two"]
    assert thread(Conversation.objects.get(), "inbound") == ["one", "two"]


def test_reports_wait_for_nobody(world):
    post_webhook(world.inbound_url, {"MessageSid": sid(1), "MessageStatus": "sent"})
    post_webhook(world.inbound_url, {"MessageSid": sid(1), "MessageStatus": "delivered"})
    now = timezone.now()
    assert receipts.claim_next(now=now)
    assert receipts.claim_next(now=now)


# --- crashes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    ["add_inbound", "open_conversation", "say", "route"],
)
def test_a_crash_in_the_middle_leaves_nothing_half_stored(world, drain, monkeypatch, where):
    def broken(*_, **__):
        raise RuntimeError("power cut")

    monkeypatch.setattr(services, where, broken)
    write(world, "Hello", number=1)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        inbound.take_one()
        assert not inbound.take_one()
    assert not InboundText.objects.exists()
    assert not Conversation.objects.exists()
    assert not Address.objects.exists()
    receipt = WebhookReceipt.objects.get()
    assert (receipt.state, receipt.attempts) == ("received", 1)
    assert receipt.reason == "RuntimeError"  # what it said may hold a customer's words
    assert receipt.next_attempt_at == now + backoff.delay(1)
    monkeypatch.undo()

    with time_machine.travel(now + backoff.delay(1), tick=False):
        drain()

    assert Message.objects.filter(direction="inbound").count() == 1
    assert WebhookReceipt.objects.get().state == "done"


def test_what_breaks_each_time_is_failed_at_last_and_its_raw_request_is_kept(world, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("always")

    monkeypatch.setattr(services, "add_inbound", broken)
    write(world, "Hello", number=1)
    at = timezone.now()
    for _ in range(receipts.MOST_ATTEMPTS):
        with time_machine.travel(at, tick=False):
            assert inbound.take_one()
        at += timedelta(minutes=10)
    receipt = WebhookReceipt.objects.get()
    assert (receipt.state, receipt.attempts) == ("failed", receipts.MOST_ATTEMPTS)
    assert receipt.reason == "RuntimeError"
    assert b"Hello" in bytes(receipt.body)
    assert not InboundText.objects.exists()


def test_two_that_race_for_the_same_row_are_both_kept(world, drain, monkeypatch):
    real, calls = services.open_conversation, []

    def raced(**options):
        calls.append(1)
        if len(calls) == 1:
            raise IntegrityError("conversation_one_not_closed")
        return real(**options)

    monkeypatch.setattr(services, "open_conversation", raced)
    write(world, "Hello", number=1)
    drain()
    assert WebhookReceipt.objects.get().state == "received"
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        drain()
    assert Message.objects.filter(direction="inbound").count() == 1


def test_a_runner_that_died_loses_its_claim_after_the_lease(world):
    write(world, "Hello", number=1)
    now = timezone.now()
    claimed = receipts.claim_next(now=now)
    assert receipts.claim_next(now=now + receipts.LEASE - timedelta(seconds=1)) is None
    again = receipts.claim_next(now=now + receipts.LEASE)
    assert (again.pk, again.attempts) == (claimed.pk, 2)
    with pytest.raises(receipts.LostClaim):
        receipts.finish(claimed, state="done", now=now)
    receipts.finish(again, state="done", now=now)
    with pytest.raises(receipts.LostClaim):
        receipts.finish(again, state="done", now=now)


def test_a_runner_that_was_taken_over_writes_nothing(world, monkeypatch):
    write(world, "Hello", number=1)
    real = services.add_inbound

    def slow(**options):
        WebhookReceipt.objects.update(attempts=2)  # another runner took it over
        return real(**options)

    monkeypatch.setattr(services, "add_inbound", slow)
    assert inbound.take_one()
    assert not InboundText.objects.exists()
    assert WebhookReceipt.objects.get().state == "received"


def test_a_receipt_that_kills_its_worker_each_time_is_failed(world):
    write(world, "Hello", number=1)
    at = timezone.now()
    for _ in range(receipts.MOST_ATTEMPTS):
        receipts.claim_next(now=at)
        at += receipts.LEASE
    with time_machine.travel(at, tick=False):
        assert inbound.take_one()
    receipt = WebhookReceipt.objects.get()
    assert (receipt.state, receipt.reason) == ("failed", "Its worker stopped each time it was tried.")


# --- what it costs --------------------------------------------------------------------------------


def cost_of_one() -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert inbound.take_one()
    return [q["sql"] for q in captured if not q["sql"].upper().startswith(TRANSACTION_WORDS)]


def test_a_text_costs_twenty_five_statements_at_most(world):
    contact = Contact.objects.create(
        last_name="Meier", mobile_phone=CUSTOMER, account=Account.objects.create(name="Ltd")
    )
    for position in range(1, 11):
        RoutingRule.objects.create(
            work_stream=world.stream,
            position=position,
            name=str(position),
            queue=world.billing,
            condition=any_of(*[Condition("first_message", "equals", value) for value in "abc"]).as_json(),
        )
    write(world, "Hello", number=1)
    write(world, "again", number=2)
    first, second = cost_of_one(), cost_of_one()
    assert len(first) <= 25, first
    assert len(second) <= 18, second
    assert Conversation.objects.get().contact == contact


# --- who writes -----------------------------------------------------------------------------------


def conversation_of(world, drain, number: int = 1, **extra) -> Conversation:
    write(world, "Hello", number=number, **extra)
    drain()
    return Conversation.objects.latest("id")


def test_nobody_known_is_a_visitor_without_a_contact(world, drain):
    made = conversation_of(world, drain)
    assert (made.identification, made.contact) == ("none", None)
    assert made.title == f"Visitor {made.address_id}"
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "typed", [CUSTOMER, "(425) 555-0100", "1-425-555-0100", "425.555.0100", "00 1 425 555 0100"]
)
def test_one_contact_with_that_mobile_phone_is_who_writes(world, drain, typed):
    mia = Contact.objects.create(first_name="Mia", last_name="Meier", mobile_phone=typed)
    made = conversation_of(world, drain)
    assert (made.identification, made.contact, made.title) == ("one", mia, "Mia Meier")


def test_several_contacts_are_a_question_for_the_agent(world, drain):
    for name in ("Mia", "Max"):
        Contact.objects.create(last_name=name, mobile_phone=CUSTOMER)
    made = conversation_of(world, drain)
    assert (made.identification, made.contact) == ("several", None)
    assert made.title.startswith("Visitor")


def test_the_address_own_contact_wins(world, drain):
    Contact.objects.create(last_name="Other", mobile_phone=CUSTOMER)
    own = Contact.objects.create(last_name="Own", mobile_phone="+14255550188")
    Address.objects.create(kind="phone", value=CUSTOMER, contact=own)
    made = conversation_of(world, drain)
    assert (made.identification, made.contact) == ("one", own)


# --- rules, end to end ----------------------------------------------------------------------------


def rule(world, position: int, word: str, queue: Queue) -> RoutingRule:
    return RoutingRule.objects.create(
        work_stream=world.stream,
        position=position,
        name=f"Rule {word}",
        queue=queue,
        condition=all_of(Condition("first_message", "contains", word)).as_json(),
    )


def test_the_first_true_rule_wins_and_the_verdicts_are_kept(world, drain):
    sales = Queue.objects.create(name="Sales")
    c = rule(world, 3, "bill", sales)
    a, b = rule(world, 1, "repair", sales), rule(world, 2, "BILL", world.billing)
    write(world, "about my bill", number=1)
    drain()
    made = Conversation.objects.get()
    decision = RoutingDecision.objects.get()
    assert made.queue == world.billing
    assert decision.queue == world.billing
    assert decision.rule == b
    assert [(v["rule_id"], v["result"]) for v in decision.verdicts] == [
        (a.pk, "false"),
        (b.pk, "true"),
        (c.pk, "skipped"),
    ]
    assert decision.facts["first_message"] == "about my bill"
    assert decision.facts["customer_number"] == CUSTOMER
    assert "Rule BILL" in decision.reason
    assert any("Billing" in text for text in thread(made, "system"))


def test_no_true_rule_is_the_default_queue(world, drain):
    rule(world, 1, "repair", world.billing)
    write(world, "Hello", number=1)
    drain()
    assert Conversation.objects.get().queue == world.default_queue
    assert RoutingDecision.objects.get().reason == "No rule was true: Default queue."
    assert [v["result"] for v in RoutingDecision.objects.get().verdicts] == ["false"]


def test_no_rule_at_all_is_the_default_queue(world, drain):
    write(world, "Hello", number=1)
    drain()
    assert RoutingDecision.objects.get().queue == world.default_queue
    assert RoutingDecision.objects.get().verdicts == []


def test_a_rule_of_another_stream_decides_nothing(world, drain):
    other = WorkStream.objects.create(name="Another")
    RoutingRule.objects.create(work_stream=other, name="All", queue=world.billing)
    write(world, "Hello", number=1)
    drain()
    assert Conversation.objects.get().queue == world.default_queue


def test_a_rule_on_the_contacts_account(world, drain):
    account = Account.objects.create(name="Bike Ltd", phone="+14255550111")
    Contact.objects.create(last_name="Meier", mobile_phone=CUSTOMER, account=account)
    condition = all_of(
        Condition("account.name", "equals", "bike ltd"),
        Condition("account.phone", "equals", "1 (425) 555-0111"),
    )
    RoutingRule.objects.create(
        work_stream=world.stream, name="Bikes", queue=world.billing, condition=condition.as_json()
    )
    write(world, "Hello", number=1)
    drain()
    assert Conversation.objects.get().queue == world.billing


def test_a_second_text_is_not_routed_again(world, drain):
    write(world, "Hello", number=1)
    drain()
    rule(world, 1, "bill", world.billing)
    write(world, "my bill", number=2)
    drain()
    assert Conversation.objects.get().queue == world.default_queue
    assert RoutingDecision.objects.count() == 1


def test_the_account_is_that_of_the_url_and_never_that_of_the_payload(world, drain):
    assert text_params("x")["AccountSid"] == ACCOUNT_SID
    write(world, "Hello", number=1, AccountSid="AC" + "0" * 32)
    drain()
    assert "AC" + "0" * 32 in WebhookReceipt.objects.get().reason
