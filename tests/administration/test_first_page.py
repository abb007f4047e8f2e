"""The first page: what wants a person, with links that open exactly what was counted, and the first steps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models import SmsNumber, SmsSettings
from channels_app.models_deliveries import Delivery
from channels_app.models_health import Incident
from channels_app.models_receipts import InboundText, Refusal, WebhookReceipt
from contacts.models import Address, Erasure
from omnichannel.models import WorkerHeartbeat
from routing.models import WorkStream
from tests.world import World

NOW = timezone.now


def beat(lane: str) -> None:
    WorkerHeartbeat.objects.create(cluster=lane, lane=lane, host="here", pid=1, beat_at=NOW())


def receipts(world: World, count: int, *, state: str, minutes_old: int = 0) -> None:
    at = NOW() - timedelta(minutes=minutes_old)
    WebhookReceipt.objects.bulk_create(
        WebhookReceipt(
            account=world.sms_settings.account, digest=f"{state}{n}", method="POST", path="/", body=b"",
            state=state, received_at=at, next_attempt_at=at,
        )
        for n in range(count)
    )  # fmt: skip


def deliveries(world: World, count: int, *, state: str, days_old: int = 0) -> None:
    address, _ = Address.objects.get_or_create(kind="phone", value="+14255550100")
    at = NOW() - timedelta(days=days_old)
    Delivery.objects.bulk_create(
        Delivery(
            number=world.number, account=world.sms_settings.account, address=address, text="t", state=state,
            next_attempt_at=at, created_at=at,
        )
        for _ in range(count)
    )  # fmt: skip


def unrouted(world: World, count: int, *, days_old: int = 0) -> None:
    address, _ = Address.objects.get_or_create(kind="phone", value="+14255550100")
    InboundText.objects.bulk_create(
        InboundText(
            provider="twilio", external_id=f"u{days_old}-{n}", address=address, to_value="+1",
            disposition="unrouted", received_at=NOW() - timedelta(days=days_old),
        )
        for n in range(count)
    )  # fmt: skip


def validated(world: World, status: str = "success: Good.") -> None:
    SmsSettings.objects.update(last_validation_on=NOW(), last_validation_status=status)


@pytest.fixture
def well(world: World) -> World:
    """An installation without trouble: workers alive, the channel validated."""
    beat("desk")
    beat("sending")
    beat("background")
    validated(world)
    return world


def test_an_unrouted_text_is_told_with_its_receipts_reason(ada: Client, well: World) -> None:
    unrouted(well, 1)
    reason = "The work stream Support by SMS is Inactive: it starts no conversation."
    receipts(well, 1, state="done")
    WebhookReceipt.objects.update(reason=reason)
    InboundText.objects.update(receipt=WebhookReceipt.objects.get())

    assert reason in ada.get("/admin/").content.decode()
    listed = ada.get("/admin/channels_app/inboundtext/").content.decode()
    opened = ada.get(f"/admin/channels_app/inboundtext/{InboundText.objects.get().pk}/change/")
    assert reason in listed
    assert reason in opened.content.decode()


def test_a_failed_validation_is_told_in_its_own_words_to_who_can_mend_it(
    ada: Client, as_user: Any, well: World
) -> None:
    validated(well, "error: No such token.")

    assert "No such token." in ada.get("/admin/").content.decode()
    assert "Tell an administrator" in as_user("sam").get("/admin/").content.decode()


TROUBLES: dict[str, tuple[Callable[[World], object], str, str]] = {
    "failed webhooks": (lambda w: receipts(w, 3, state="failed"), "3", "webhooks could not be understood"),
    "one failed webhook": (lambda w: receipts(w, 1, state="failed"), "1", "webhook could not be understood"),
    "more than anybody counts": (lambda w: receipts(w, 120, state="failed"), "99+", "could not be"),
    "late webhooks": (lambda w: receipts(w, 2, state="received", minutes_old=9), "2", "the oldest for 9"),
    "failed texts": (lambda w: deliveries(w, 2, state="failed"), "2", "texts were not accepted"),
    "undelivered texts": (lambda w: deliveries(w, 2, state="undelivered"), "2", "did not arrive"),
    "texts in doubt": (lambda w: deliveries(w, 1, state="unknown"), "1", "may or may not have been sent"),
    "late texts": (lambda w: deliveries(w, 4, state="pending", days_old=1), "4", "wait to leave"),
    "unrouted texts": (lambda w: unrouted(w, 2), "2", "reached no conversation"),
    "refusals": (
        lambda w: Refusal.objects.create(account=w.sms_settings.account, reason="x", computed_url="y"),
        "1",
        "webhook was refused",
    ),
    "an incident": (
        lambda w: Incident.objects.create(
            account=w.sms_settings.account, kind="refusals", details="d", started_at=NOW(), last_seen_at=NOW()
        ),
        "1",
        "incident is open: Webhooks are refused",
    ),
    "a refused token": (lambda w: validated(w, "error: No such token."), "1", "failed the last Validate"),
    "a trial account": (lambda w: validated(w, "warning: Trial."), "1", "validated with a warning"),
    "never validated": (lambda w: validated(w, ""), "1", "never validated"),
    "no number": (lambda w: SmsNumber.objects.all().delete(), "1", "without an SMS number"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_is_told_and_its_link_opens_exactly_what_was_counted(
    ada: Client, well: World, trouble: str
) -> None:
    make, count, words = TROUBLES[trouble]
    make(well)

    (item,) = ada.get("/admin/").context["home"].items
    listed = ada.get(item.url)

    assert item.shown_count == count
    assert words in item.words
    assert listed.status_code == 200
    assert listed.context["cl"].result_count == (120 if count == "99+" else int(count))


@pytest.mark.parametrize(
    ("count", "shown", "words"),
    [(1, "1", "erasure does not go on"), (2, "2", "erasures do not go on"), (120, "99+", "erasures do not")],
)
def test_erasures_that_keep_failing_are_told_to_who_may_erase(
    ada: Client, as_user: Any, well: World, count: int, shown: str, words: str
) -> None:
    stuck = [Erasure(requested_by="ada", requested_at=NOW(), attempts=3) for _ in range(count)]
    Erasure.objects.bulk_create([*stuck, Erasure(requested_by="ada", requested_at=NOW(), attempts=1)])

    (item,) = ada.get("/admin/").context["home"].items
    listed = ada.get(item.url).context["erasures"]

    assert (item.level, item.shown_count) == ("bad", shown)
    assert item.words.startswith(words)
    assert {one.attempts for one in listed} == {3}
    assert len(listed) == min(count, 50)
    assert as_user("sam").get("/admin/").context["home"].is_clear


def test_what_is_old_is_history(ada: Client, well: World) -> None:
    deliveries(well, 3, state="failed", days_old=8)
    unrouted(well, 3, days_old=8)

    assert ada.get("/admin/").context["home"].is_clear


def test_without_trouble_the_page_says_so(ada: Client, well: World) -> None:
    page = ada.get("/admin/").content.decode()

    assert "All clear" in page
    assert "3 of 3" in page


@pytest.mark.parametrize(
    ("alive", "said"), [("desk", "nothing sends texts"), ("sending", "nothing takes in")]
)
def test_a_lane_without_a_worker_is_told(ada: Client, world: World, alive: str, said: str) -> None:
    validated(world)
    beat("background")
    beat(alive)

    (item,) = ada.get("/admin/").context["home"].items
    page = ada.get(item.url).content.decode()

    assert said in item.words
    assert item.level == "bad"
    assert "No worker" in page
    assert "qcluster" in page


def test_the_page_costs_the_same_whatever_there_is(ada: Client, well: World) -> None:
    costs = []
    for count in (2, 150):
        WebhookReceipt.objects.all().delete()
        for state in ("failed", "received"):
            receipts(well, count, state=state, minutes_old=5)
        deliveries(well, count, state="failed")
        unrouted(well, count, days_old=count % 3)
        for n in range(count):
            WorkStream.objects.create(name=f"S{count}-{n}")
        ada.get("/admin/")
        with CaptureQueriesContext(connection) as statements:
            ada.get("/admin/")
        costs.append(len(statements))
        assert not [s["sql"] for s in statements if "COUNT(" in s["sql"]]

    assert costs[0] == costs[1]
    assert costs[0] <= 21


def test_each_person_is_told_what_they_may_see(as_user: Any, well: World) -> None:
    receipts(well, 1, state="failed")
    sam = well.users["sam"]

    told = as_user("sam").get("/admin/").context["home"].items
    sam.groups.clear()
    nothing = as_user("sam").get("/admin/").context["home"]

    assert [item.words for item in told] == ["webhook could not be understood"]
    assert (nothing.items, nothing.figures) == ([], [])


# --- the first steps --------------------------------------------------------------------------------


def done(client: Client) -> list[bool]:
    return [step.is_done for step in client.get("/admin/").context["steps"]]


def test_the_first_steps_lead_from_nothing_to_the_first_text(ada: Client, world: World) -> None:
    number, sms_settings = SmsNumber.objects.get(), SmsSettings.objects.get()
    SmsNumber.objects.all().delete()
    SmsSettings.objects.all().delete()
    WorkStream.objects.all().delete()
    seen = [done(ada)]
    world.stream.save(force_insert=True)
    seen.append(done(ada))
    sms_settings.save(force_insert=True)
    seen.append(done(ada))
    number.save(force_insert=True)
    seen.append(done(ada))
    validated(world)
    seen.append(done(ada))
    receipts(world, 1, state="done")

    assert [sum(steps) for steps in seen] == [0, 1, 2, 3, 4]
    assert done(ada) == []


def test_each_step_leads_to_a_page_that_opens(ada: Client, world: World) -> None:
    for step in ada.get("/admin/").context["steps"]:
        assert ada.get(step.url).status_code == 200


@pytest.mark.parametrize("way", ["sms-twilio", "sms-telesign", "whatsapp-twilio", "of-nobody"])
def test_each_channel_has_its_steps_in_its_providers_words(ada: Client, world: World, way: str) -> None:
    page = ada.get("/admin/", {"way": way})

    shown = page.context["way"]
    assert shown.key == ("sms-twilio" if way == "of-nobody" else way)
    assert [one.key for one in page.context["ways"]] == ["sms-twilio", "sms-telesign", "whatsapp-twilio"]
    other = {"sms-telesign": "Twilio"}.get(way, "TeleSign")
    assert not any(other in step.what for step in shown.steps)
    for step in shown.steps:
        assert ada.get(step.url).status_code == 200


def test_only_those_who_may_set_up_are_shown_the_steps(as_user: Any) -> None:
    assert as_user("sam").get("/admin/").context["steps"] == []
