"""Contacts become one, and apart again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts import merge_locks, merging
from contacts.merging import CannotMerge
from contacts.models import Account, Address, Contact, Merge
from contacts.services import add_note, identify
from conversations.models import Conversation
from tests.world import CUSTOMER, World, post_webhook, text_params

NOW = timezone.now
OTHER = "+14255550177"


@pytest.fixture
def pair(world: World, drain: Any) -> tuple[Contact, Contact]:
    """Maria twice, with a conversation, an address and a note each."""
    maria = Contact.objects.create(first_name="Maria", last_name="Rossi", mobile_phone=CUSTOMER)
    twin = Contact.objects.create(
        first_name="M.", last_name="Rossi", mobile_phone=OTHER, email="m@example.com", external_id="X1"
    )
    for number, sender in enumerate((CUSTOMER, OTHER), 1):
        post_webhook(world.inbound_url, text_params("Hello", number=number, sender=sender))
    drain()
    Address.objects.create(kind="phone", value="+41791234567", contact=twin)
    add_note(contact=twin, text="Calls on Mondays", author="ada")
    return maria, twin


def merge(pair: tuple[Contact, Contact], **chosen: int) -> Merge:
    return merging.merge(ids=[c.pk for c in pair], chosen=chosen, by="ada", now=NOW())


def everything() -> list[Any]:
    """All that a merge touches, but for the moment of the last change."""
    models = (Contact, Address, Conversation, *{m for m, _ in merging.references() if m is not Merge})
    rows = [list(m._base_manager.order_by("pk").values()) for m in models]
    for row in rows[0]:
        row.pop("modified_at")
    return rows


def test_one_contact_is_left_with_everything_of_both(pair: tuple[Contact, Contact]) -> None:
    maria, _ = pair

    merge(pair, first_name=maria.pk)

    maria.refresh_from_db()
    assert Contact.objects.count() == 1
    assert (maria.first_name, maria.email, maria.external_id) == ("Maria", "m@example.com", "X1")
    assert maria.mobile_phone == CUSTOMER
    assert maria.conversations.count() == 2
    assert {a.value for a in maria.addresses.all()} == {"+41791234567", OTHER}
    assert maria.notes.get().text == "Calls on Mondays"


def test_texts_from_both_numbers_are_recognised_afterwards(pair: tuple[Contact, Contact]) -> None:
    merge(pair)

    for value in (CUSTOMER, OTHER, "+41791234567"):
        assert identify(Address.objects.get(value=value)).contact == pair[0], value


@pytest.mark.parametrize("chosen", ["", "mobile_phone", "external_id"])
def test_undo_restores_exactly(pair: tuple[Contact, Contact], chosen: str) -> None:
    Account.objects.create(name="Keller")
    before = everything()

    made = merge(pair, **({chosen: pair[1].pk} if chosen else {}))
    merging.undo(made, by="sam", now=NOW())

    assert everything() == before
    assert (made.undone_by, Contact.objects.count()) == ("sam", 2)


def test_undo_keeps_what_was_changed_since_and_new_conversations_follow_their_number(
    pair: tuple[Contact, Contact], world: World, drain: Any
) -> None:
    maria, twin = pair
    made = merge(pair)
    maria.refresh_from_db()
    maria.first_name = "Mary"
    maria.save()
    for number, sender in ((3, "+41791234567"), (4, OTHER)):
        Conversation.objects.filter(address__value=sender).update(state="closed", agent=None)
        post_webhook(world.inbound_url, text_params("Again", number=number, sender=sender))
    drain()
    assert maria.conversations.count() == 4

    merging.undo(made, by="ada", now=NOW())

    maria.refresh_from_db()
    assert (maria.first_name, maria.email, maria.conversations.count()) == ("Mary", "", 1)
    twin = Contact.objects.get(pk=twin.pk)
    assert {c.address.value for c in twin.conversations.all()} == {OTHER, "+41791234567"}
    assert twin.conversations.count() == 3


def test_what_cannot_be_undone_is_told_in_words(pair: tuple[Contact, Contact]) -> None:
    made = merge(pair)
    third = Contact.objects.create(last_name="Third")

    assert "older than 30 days" in merging.why_not(made, now=NOW() + timedelta(days=31))
    later = merging.merge(ids=[third.pk, pair[0].pk], chosen={}, by="ada", now=NOW())
    made.refresh_from_db()
    with pytest.raises(CannotMerge, match="undo that merge first"):
        merging.undo(made, by="ada", now=NOW())
    merging.undo(later, by="ada", now=NOW())
    made.refresh_from_db()
    merging.undo(made, by="ada", now=NOW())
    with pytest.raises(CannotMerge, match="undone by ada"):
        merging.undo(made, by="ada", now=NOW())


def test_an_external_id_that_was_given_away_is_told(pair: tuple[Contact, Contact]) -> None:
    made = merge(pair)
    Contact.objects.update(external_id="")
    Contact.objects.create(last_name="Thief", external_id="X1")

    with pytest.raises(CannotMerge, match="external ID"):
        merging.undo(made, by="ada", now=NOW())
    assert Contact.objects.count() == 2


@pytest.mark.parametrize("ids", [[], [1], [1, 1], [1, 987654]])
def test_two_contacts_that_are_there_are_needed(pair: tuple[Contact, Contact], ids: list[int]) -> None:
    with pytest.raises(CannotMerge):
        merging.merge(ids=[pair[0].pk if i == 1 else i for i in ids], chosen={}, by="ada", now=NOW())


def test_a_number_that_others_share_is_not_linked(pair: tuple[Contact, Contact]) -> None:
    Contact.objects.create(last_name="Child", mobile_phone=OTHER)

    merge(pair)

    assert not Address.objects.get(value=OTHER).contact


# --- pages and API ---------------------------------------------------------------------------------


def test_contacts_are_chosen_compared_merged_and_taken_apart_on_pages(
    pair: tuple[Contact, Contact], as_user: Any
) -> None:
    ada: Client = as_user("ada")
    maria, twin = pair
    url = reverse("admin:contact-merge")
    alone = ada.get(url, {"ids": maria.pk}).content.decode()
    assert "Perhaps the same person" in alone
    assert "M. Rossi" in ada.get(url, {"ids": maria.pk, "q": "m@example"}).content.decode()
    assert "Addresses: 1" in ada.get(url, {"ids": [maria.pk, twin.pk]}).content.decode()

    answer = ada.post(f"{url}?ids={maria.pk},{twin.pk}", {"first_name": twin.pk}, follow=True)

    assert Contact.objects.get().first_name == "M."
    assert "Undo this merge" in answer.content.decode()
    assert "by Ada," in answer.content.decode()
    undone = ada.post(answer.redirect_chain[-1][0], follow=True).content.decode()
    assert "Undone by Ada," in undone
    assert "Cannot be undone" not in undone
    assert Contact.objects.count() == 2
    assert Merge.objects.values_list("merged_by", "undone_by").get() == ("ada", "ada")
    assert as_user("alice").get(url).status_code in {302, 403}
    assert "M. Rossi" in ada.get(reverse("admin:contact-merges")).content.decode()


def test_a_merge_over_the_api(pair: tuple[Contact, Contact], as_user: Any) -> None:
    sam, (maria, twin) = as_user("sam"), pair
    body = {"contacts": [maria.pk, twin.pk], "values": {"email": twin.pk}}
    root = "/api/v1/merges/"

    def post(url: str, body: Any = None, client: Any = sam) -> Any:
        return client.post(url, body or {}, content_type="application/json")

    assert post(f"{root}preview/", body).json()["moves"]["Addresses"] == 1
    made = post(root, body)
    assert (made.status_code, made.json()["merged"]) == (201, [twin.pk])
    assert post(root, body).status_code == 409
    assert post(root, {"contacts": [1, 2], "values": {"x": 1}}).status_code == 400
    assert post(f"{root}{made.json()['id']}/undo/").json()["undone_by"] == "sam"
    assert post(f"{root}{made.json()['id']}/undo/").status_code == 409
    assert post(root, body, as_user("alice")).status_code == 403


# --- one after the other ---------------------------------------------------------------------------


def test_merges_into_one_contact_are_undone_last_first(world: World) -> None:
    first, second, third = (
        Contact.objects.create(last_name=n, email=mail, mobile_phone=mobile)
        for n, mail, mobile in (
            ("A", "", ""),
            ("B", "b@example.com", CUSTOMER),
            ("C", "c@example.com", OTHER),
        )
    )
    before = everything()
    earlier = merge((first, second))
    later = merge((first, third), email=third.pk, mobile_phone=third.pk)

    with pytest.raises(CannotMerge, match="undo that merge first"):
        merging.undo(earlier, by="ada", now=NOW())
    merging.undo(later, by="ada", now=NOW())
    merging.undo(earlier, by="ada", now=NOW())

    assert everything() == before


def test_addresses_made_for_a_merge_are_gone_after_it_is_undone(world: World) -> None:
    pair = tuple(Contact.objects.create(last_name="A", mobile_phone=n) for n in (CUSTOMER, OTHER))

    made = merge(pair)  # type: ignore[arg-type]
    assert list(Address.objects.values_list("value", flat=True)) == [OTHER]
    merging.undo(made, by="ada", now=NOW())

    assert not Address.objects.exists()


def test_a_deadlock_is_tried_once_more(
    pair: tuple[Contact, Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadlock(Exception):
        sqlstate = merge_locks.DEADLOCK

    real, tries = merging._locked, []

    def locked(contacts: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError from Deadlock()
        return real(contacts)

    monkeypatch.setattr(merging, "_locked", locked)
    merge(pair)

    assert (len(tries), Contact.objects.count()) == (2, 1)
