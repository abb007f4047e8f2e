"""An erasure that keeps failing goes on being tried, and is told to people."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts import erasing
from contacts.models import Contact, Erasure
from omnichannel.lib.personal import NotYet
from tests.world import World

NOW = timezone.now
LISTED = "/admin/customers/erasures/?stuck=1"


def begun() -> Erasure:
    """An erasure that stands before the first room's rows."""
    person = Contact.objects.create(last_name="Rossi")
    subject = erasing.subject_of(contact=person)
    made = erasing.request(subject=subject, typed="Rossi", by="ada", now=NOW())
    erasing.erase_chunk(now=NOW())
    return made


def tried(times: int, *, since: datetime) -> None:
    for n in range(times):
        assert erasing.erase_chunk(now=since + n * timedelta(minutes=1))


def broken(with_error: Exception) -> Any:
    def _next(name: str) -> Any:
        raise with_error

    return _next


@pytest.mark.parametrize(("times", "is_stuck"), [(0, False), (2, False), (3, True), (9, True)])
def test_what_failed_three_times_is_stuck(
    world: World, monkeypatch: pytest.MonkeyPatch, times: int, is_stuck: bool
) -> None:
    made = begun()
    monkeypatch.setattr(erasing, "_next", broken(RuntimeError("a defect")))

    tried(times, since=NOW())

    made.refresh_from_db()
    assert (made.attempts, made.is_stuck) == (times, is_stuck)
    assert list(erasing.stuck()) == [made] * is_stuck


def test_who_waits_for_a_text_that_leaves_is_not_stuck(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begun()
    monkeypatch.setattr(erasing, "_next", broken(NotYet("A text is leaving.")))

    tried(5, since=NOW())

    assert not erasing.stuck().exists()


def test_a_worker_that_was_overtaken_leaves_the_other_its_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, later, claim = begun(), NOW() + timedelta(hours=1), erasing._claim

    def overtaken(now: datetime) -> Erasure | None:
        mine = claim(now)
        Erasure.objects.update(leased_until=later)
        return mine

    monkeypatch.setattr(erasing, "_claim", overtaken)

    tried(1, since=NOW())

    made.refresh_from_db()
    assert (made.leased_until, made.attempts) == (later, 1)


def test_it_goes_on_by_itself_once_the_cause_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch, ada: Client
) -> None:
    made = begun()
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_next", broken(RuntimeError("a defect")))
        tried(3, since=NOW())
    url = reverse("admin:customer-erasure", args=[made.reference])
    assert "Does not go on" in ada.get(url).content.decode()
    assert str(made.reference) in ada.get(LISTED).content.decode()
    assert ada.get(f"/api/v1/erasures/{made.pk}/").json()["is_stuck"] is True

    tried(1, since=NOW() + timedelta(hours=1))

    assert "Does not go on" not in ada.get(url).content.decode()
    assert str(made.reference) not in ada.get(LISTED).content.decode()
    assert ada.get(f"/api/v1/erasures/{made.pk}/").json()["is_stuck"] is False


@pytest.fixture
def ada(as_user: Any, world: World) -> Client:
    """The administrator's browser."""
    client: Client = as_user("ada")
    return client
