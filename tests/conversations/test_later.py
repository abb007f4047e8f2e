from datetime import timedelta

import pytest

from channels_app import leaving, outbox
from channels_app.models_deliveries import Delivery
from conversations import collisions, drafts, later, services, upkeep, writing
from conversations.models import Conversation, Message
from conversations.models_desk import Draft
from conversations.transitions import NotAllowed
from tests.conversations.desk import text_in

HELD, LATER = timedelta(seconds=5), timedelta(hours=2)


@pytest.fixture
def say(world, taken, now):
    def reply(text="At noon", **more):
        return writing.reply(
            conversation_id=taken.pk, agent=world.agents["alice"], text=text, now=now, **more
        )

    return reply


def lines(conversation):
    return list(
        conversation.messages.filter(direction="system").order_by("seq").values_list("text", flat=True)
    )


def fresh(conversation):
    return Conversation.objects.get(pk=conversation.pk)


def test_a_held_reply_leaves_when_its_time_has_come_and_not_before(say, now):
    sent = say(not_before=now + HELD)

    assert leaving.claim_next(now=now + HELD - timedelta(milliseconds=1)) is None
    assert leaving.claim_next(now=now + HELD) == sent.delivery


def test_what_is_taken_back_never_leaves_and_is_begun_again(world, taken, say, now):
    asked = fresh(taken)
    sent = say("At noon", not_before=now + HELD)
    assert fresh(taken).customer_waits_since is None

    later.take_back(message=sent, agent=world.agents["alice"], now=now)

    assert leaving.claim_next(now=now + LATER) is None
    assert Delivery.objects.get().state == "canceled"
    assert Draft.objects.get().text == "At noon"
    found = fresh(taken)
    assert found.version > asked.version + 1
    assert (found.customer_waits_since, found.last_text) == (asked.customer_waits_since, asked.last_text)
    assert not found.has_failed_message
    upkeep.show_changed_deliveries(now=now)
    assert not fresh(taken).has_failed_message


def test_what_was_begun_since_stands_after_what_is_taken_back(world, taken, say, now):
    sent = say("At noon", not_before=now + HELD)
    drafts.keep(
        user=world.users["alice"], conversation=taken, kind="reply", text="And also", known="", now=now
    )

    later.take_back(message=sent, agent=world.agents["alice"], now=now)

    assert Draft.objects.get().text == "At noon\n\nAnd also"


def test_what_is_leaving_is_past_recall(world, taken, say, now):
    sent = say(not_before=now + HELD)
    assert leaving.claim_next(now=now + HELD) is not None
    before = fresh(taken).version

    with pytest.raises(later.PastRecall, match="left already"):
        later.take_back(message=sent, agent=world.agents["alice"], now=now)

    assert fresh(taken).version == before
    assert not Draft.objects.exists()
    assert Delivery.objects.get().state == "leaving"


def test_somebody_else_takes_nothing_back(world, say, now):
    sent = say(not_before=now + HELD)

    with pytest.raises(NotAllowed, match="Alice"):
        later.take_back(message=sent, agent=world.agents["bob"], now=now)

    assert Delivery.objects.get().state == "pending"


def test_a_scheduled_text_is_no_answer_until_it_leaves(taken, say, now):
    asked = fresh(taken).customer_waits_since
    assert asked is not None
    sent = say(not_before=now + LATER)
    assert fresh(taken).customer_waits_since == asked

    leaving.claim_next(now=now + LATER)
    upkeep.show_changed_deliveries(now=now + LATER)

    assert sent.delivery.pk == Delivery.objects.get(state="leaving").pk
    assert fresh(taken).customer_waits_since is None


@pytest.mark.parametrize("cancels", [True, False])
def test_a_scheduled_text_is_called_off_when_the_customer_writes_if_so_wished(
    world, drain, taken, say, now, cancels
):
    say(not_before=now + LATER, cancel_if_customer_writes=cancels)

    text_in(world, drain, "Never mind, found it")

    delivery = Delivery.objects.get()
    assert delivery.state == ("canceled" if cancels else "pending")
    assert ("The customer wrote first: a scheduled text was not sent." in lines(taken)) is cancels
    assert not fresh(taken).has_failed_message


def test_closing_for_good_calls_off_what_is_scheduled_and_lets_go_what_is_held(world, taken, say, now):
    say("Bye", not_before=now + HELD)
    say("How was it?", not_before=now + LATER)
    services.end(conversation_id=taken.pk, agent=world.agents["alice"], now=now)

    services.close_session(conversation_id=taken.pk, agent=world.agents["alice"], now=now)

    states = dict(Delivery.objects.values_list("text", "state"))
    assert states == {"Bye": "pending", "How was it?": "canceled"}
    assert "Closed before its time: a scheduled text was not sent." in lines(taken)


def test_a_scheduled_text_goes_with_its_conversation_to_the_next_agent(world, taken, say, now):
    sent = say(not_before=now + LATER)
    services.release(conversation_id=taken.pk, agent=world.agents["alice"], now=now)
    services.pick(conversation_id=taken.pk, agent=world.agents["bob"], now=now)

    assert [w.text for w in later.waiting(fresh(taken), now=now)] == ["At noon"]
    later.take_back(message=sent, agent=world.agents["bob"], now=now)

    assert lines(taken)[-1] == "Bob called off a scheduled text."
    assert Draft.objects.get().user == world.users["bob"]


def test_nobody_who_will_still_be_written_to_is_closed_for_inactivity(world, taken, say, now):
    say(not_before=now + timedelta(days=40))
    services.close_session(conversation_id=taken.pk, agent=world.agents["alice"], now=now)
    much_later = now + timedelta(days=39)

    assert upkeep.close_overdue(now=much_later) == 0
    later.take_back(
        message=Message.objects.get(direction="outbound"), agent=world.agents["alice"], now=much_later
    )
    assert upkeep.close_overdue(now=much_later + timedelta(days=39)) == 1


def test_a_scheduled_text_can_leave_at_once_or_at_another_time(world, say, now):
    alice = world.agents["alice"]
    sent = say(not_before=now + LATER)

    later.change_time(
        message=sent, agent=alice, not_before=now + 2 * LATER, cancel_if_customer_writes=True, now=now
    )
    assert leaving.claim_next(now=now + LATER) is None
    assert Message.objects.get(pk=sent.pk).cancel_if_customer_writes

    later.send_now(message=sent, agent=alice, now=now)
    assert leaving.claim_next(now=now) == sent.delivery


@pytest.mark.parametrize("away", [timedelta(0), timedelta(seconds=-1), timedelta(days=91)])
def test_a_time_that_is_over_or_too_far_is_refused(world, say, now, away):
    sent = say(not_before=now + LATER)

    with pytest.raises(outbox.Refused):
        later.change_time(
            message=sent,
            agent=world.agents["alice"],
            not_before=now + away,
            cancel_if_customer_writes=False,
            now=now,
        )
    assert Delivery.objects.get().not_before == now + LATER


# --- somebody wrote meanwhile ----------------------------------------------------------------------


def test_a_reply_waits_until_what_is_newer_was_seen(world, drain, taken, say):
    seen = fresh(taken).last_seq
    text_in(world, drain, "Wait!")

    with pytest.raises(collisions.WrittenMeanwhile) as refused:
        say(seen=seen)

    assert [message.text for message in refused.value.messages] == ["Wait!"]
    assert not Delivery.objects.exists()
    say(seen=fresh(taken).last_seq)
    assert Delivery.objects.exists()


def test_ones_own_messages_and_lines_of_the_desk_stop_nothing(world, taken, say, now):
    seen = fresh(taken).last_seq
    say("One", seen=seen)
    services.end(conversation_id=taken.pk, agent=world.agents["alice"], now=now)

    say("Two", seen=seen)

    assert Delivery.objects.count() == 2


# --- drafts ----------------------------------------------------------------------------------------


def test_of_two_windows_the_newest_words_win_and_the_others_are_told(world, taken, now):
    mine = {"user": world.users["alice"], "conversation": taken, "kind": "reply"}
    first = drafts.keep(**mine, text="Hello", known="", now=now)
    second = drafts.keep(**mine, text="Hello you", known=first.version, now=now + HELD)
    assert (first.replaced, second.replaced) == ("", "")

    other = drafts.keep(**mine, text="Good day", known=first.version, now=now + 2 * HELD)

    assert other.replaced == "Hello you"
    assert Draft.objects.get().text == "Good day"


def test_an_emptied_draft_is_gone(world, taken, now):
    mine = {"user": world.users["alice"], "conversation": taken, "kind": "note"}
    kept = drafts.keep(**mine, text="Hello", known="", now=now)

    assert drafts.keep(**mine, text=" \n", known=kept.version, now=now) == drafts.Kept("", "")

    assert not Draft.objects.exists()


def test_what_is_sent_is_no_draft_any_more_and_what_is_refused_still_is(world, taken, say, now):
    mine = {"user": world.users["alice"], "conversation": taken}
    for kind in ("reply", "note"):
        drafts.keep(**mine, kind=kind, text="x" * 1601, known="", now=now)

    with pytest.raises(outbox.Refused):
        say("x" * 1601)
    assert Draft.objects.count() == 2
    say("Short")
    assert Draft.objects.get().kind == "note"
    writing.write_internal(conversation_id=taken.pk, author=world.users["alice"], text="x", now=now)
    assert not Draft.objects.exists()


def test_what_nobody_goes_on_with_is_removed_after_a_month(world, taken, now):
    drafts.keep(user=world.users["alice"], conversation=taken, kind="note", text="x", known="", now=now)

    assert drafts.remove_old(now=now + timedelta(days=30)) == 0
    assert drafts.remove_old(now=now + timedelta(days=31)) == 1


def test_a_conversation_with_a_text_for_later_is_not_closed_by_itself(taken, say, now, monkeypatch):
    much_later = now + timedelta(days=60)
    # As listed before the text was scheduled.
    monkeypatch.setattr(upkeep, "overdue", lambda **_: Conversation.objects.filter(pk=taken.pk))
    say(not_before=much_later + LATER)

    assert upkeep.close_overdue(now=much_later) == 0
    assert fresh(taken).state == "active"


def test_a_text_for_later_that_could_not_leave_is_no_answer(taken, say, now):
    waits = fresh(taken).customer_waits_since
    sent = say(not_before=now + LATER)
    Delivery.objects.filter(pk=sent.delivery_id).update(state="canceled", error="opted_out", is_news=True)

    upkeep.show_changed_deliveries(now=now)

    assert fresh(taken).customer_waits_since == waits
