"""When a person is forgotten, others keep what is theirs."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from channels_app import missed
from channels_app.models import Number, ProviderAccount
from channels_app.models_receipts import WebhookReceipt
from channels_app.providers.inbound_list import Listed
from contacts import erasing, imports, merging, people, services
from contacts.columns import Person, Refused
from contacts.models import Address, Contact, ImportJob, Merge
from conversations import inbound
from omnichannel.lib.personal import Subject
from omnichannel.models import AuditEntry
from tests.world import OUR_NUMBER, World, post_webhook, sid, text_params

NOW = timezone.now
ANNA, BRUNO = "+14255550301", "+14255550302"


def contact(last_name: str, mobile: str = "", **more: str) -> Contact:
    return Contact.objects.create(last_name=last_name, mobile_phone=mobile, **more)


def erase(person: Contact, typed: str, drain: Any) -> None:
    subject = erasing.subject_of(contact=person)
    erasing.request(subject=subject, typed=typed, by="ada", now=NOW())
    drain()


def bodies() -> list[bool]:
    """Of each webhook, whether it still says something."""
    return [
        bool(bytes(body)) for body in WebhookReceipt.objects.order_by("pk").values_list("body", flat=True)
    ]


def said_of(person: Contact) -> set[str]:
    entries = AuditEntry.objects.filter(content_type__model="contact", object_pk=str(person.pk))
    return set(entries.values_list("object_repr", flat=True))


def text(world: World, sender: str, number: int, words: str = "Hello", **more: str) -> None:
    post_webhook(world.inbound_url, text_params(words, number=number, sender=sender) | more)


# --- merges ----------------------------------------------------------------------------------------


def test_who_lives_again_after_an_undone_merge_is_somebody_else(world: World, drain: Any) -> None:
    anna, bruno = contact("Alpha", ANNA), contact("Bravo", BRUNO, email="bruno@example.com")
    text(world, BRUNO, 1)
    drain()
    made = merging.merge(ids=[anna.pk, bruno.pk], chosen={}, by="x", now=NOW())
    merging.undo(made, by="x", now=NOW())
    anna.refresh_from_db()

    subject = erasing.subject_of(contact=anna)
    assert (subject.contacts, subject.numbers, subject.emails) == ([anna.pk], [ANNA], [])
    assert not erasing.is_confirmed(subject, "Bravo")
    erase(anna, "Alpha", drain)

    assert bodies() == [True]
    assert said_of(bruno) == {"Bravo"}
    assert Contact.objects.get() == bruno
    assert Merge.objects.get().kept == {}


def test_who_was_merged_into_the_person_is_the_person(world: World) -> None:
    anna, bruno = contact("Alpha", ANNA), contact("Bravo", BRUNO)
    merging.merge(ids=[anna.pk, bruno.pk], chosen={}, by="x", now=NOW())
    anna.refresh_from_db()

    assert set(erasing.subject_of(contact=anna).numbers) == {ANNA, BRUNO}


# --- numbers that are not theirs alone -------------------------------------------------------------


def test_a_contact_with_a_number_of_ours_is_nobody_who_wrote(world: World, drain: Any) -> None:
    for n, sender in enumerate((ANNA, BRUNO), 1):
        text(world, sender, n)
    nameless = dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), "")
    text(world, BRUNO, 3, "broken", **nameless)
    drain()

    line = contact("Support line", f"+{OUR_NUMBER}")
    assert erasing.subject_of(contact=line).numbers == []
    erase(line, "Support line", drain)

    assert bodies() == [True] * 3
    assert WebhookReceipt.objects.filter(state="failed").count() == 1


def test_texts_to_a_number_that_is_claimed_by_nobody_are_their_senders(world: World, drain: Any) -> None:
    elsewhere = "+14255550399"
    text(world, ANNA, 1, To=elsewhere)
    text(world, elsewhere, 2)
    nameless = dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), "")
    text(world, BRUNO, 3, "broken", To=elsewhere, **nameless)
    drain()
    assert not Number.objects.filter(value=elsewhere[1:]).exists()

    erase(contact("Elsewhere", elsewhere), "Elsewhere", drain)

    assert bodies() == [True, False, True]


def test_a_shared_number_is_not_one_persons(world: World, drain: Any) -> None:
    mother, child = contact("Mother", ANNA), contact("Child", ANNA)
    text(world, ANNA, 1)
    drain()

    assert erasing.subject_of(contact=mother).numbers == []
    erase(mother, "Mother", drain)

    assert bodies() == [True]
    assert said_of(child) == {"Child"}


def test_by_a_linked_address_texts_are_told_apart_but_not_words(world: World, drain: Any) -> None:
    mother, child = contact("Mother"), contact("Child", ANNA)
    Address.objects.create(kind="phone", value=ANNA, contact=mother)
    text(world, ANNA, 1)
    drain()

    erase(mother, "Mother", drain)

    assert bodies() == [False]
    assert said_of(child) == {"Child"}


# --- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"last_name": "Omnichannel"}, "Omnichannel administrator"),
        ({"last_name": "Logged in"}, "Logged in"),
        ({"last_name": "Billing"}, "Billing"),
        ({"last_name": "Anders", "email": "an@example.com"}, "jan@example.com"),
        ({"last_name": "Jansen"}, "Jansen"),
    ],
)
def test_the_audit_log_of_others_stays(
    world: World, drain: Any, client: Any, names: dict[str, str], told: str
) -> None:
    client.post("/login/", {"username": "ada", "password": "ada-password"})
    contact("Jansen", email="jan@example.com")
    before = audit_log()
    assert any(told in line for line in before)

    erase(contact(mobile="", **names), names["last_name"], drain)

    assert before - audit_log() == set()


def audit_log() -> set[str]:
    rows = AuditEntry.objects.values_list("pk", "object_repr", "changes", "additional_data")
    return {str(row) for row in rows}


@pytest.mark.parametrize(
    ("person", "line", "theirs"),
    [
        ({"last_name": "Li"}, "Bruce,Oliver,,", False),
        ({"last_name": "Li"}, "Bruce,Li,,", False),
        ({"last_name": "Li"}, ",Li,,", True),
        ({"first_name": "Anna", "last_name": "Li"}, "anna,LI,,", True),
        ({"first_name": "Anna", "last_name": "Li"}, "Li,Anna,,", True),
        ({"first_name": "Anna", "last_name": "Li"}, "Joanna,Lindt,,", False),
        ({"last_name": "An", "email": "an@example.com"}, "x,y,jan@example.com,", False),
        ({"last_name": "An", "email": "an@example.com"}, "x,y,AN@example.com,", True),
        ({"last_name": "An", "mobile_phone": ANNA}, "x,y,,(425) 555-0301", True),
        ({"last_name": "An", "mobile_phone": ANNA}, "x,y,,(425) 555-0302", False),
    ],
)
def test_a_file_is_theirs_by_whole_cells(
    world: World, drain: Any, person: dict[str, str], line: str, theirs: bool
) -> None:
    heads = "First name,Last name,E-mail,Mobile\n"
    job = imports.upload(file_name="x.csv", raw=f"{heads}{line}\n".encode(), by="ada")

    made = Contact.objects.create(**person)
    erase(made, made.full_name, drain)

    assert (ImportJob.objects.get(pk=job.pk).state != "draft") is theirs


# --- and does not come back ------------------------------------------------------------------------


def test_a_failed_text_of_the_erased_is_not_fetched_again(
    world: World, drain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise inbound.NotUnderstood("outage")

    anna = contact("Alpha", ANNA)
    monkeypatch.setattr(inbound, "_take_text", fails)
    text(world, ANNA, 7, "my secret")
    drain()
    erase(anna, "Alpha", drain)
    assert bodies() == [False]

    account = ProviderAccount.objects.get()
    arrived = missed._arrived(account, NOW() - timedelta(days=3))
    assert missed._unknown(account, [Listed(external_id=sid(7), form=(), at=None)], arrived) == []


def test_an_old_subject_can_still_be_read() -> None:
    assert Subject(**{"contacts": [1]}).shared == []


# --- what others do meanwhile ----------------------------------------------------------------------


def ask(person: Contact) -> None:
    subject = erasing.subject_of(contact=person)
    erasing.request(subject=subject, typed=person.full_name, by="ada", now=NOW())


@pytest.mark.parametrize("has_begun", [False, True])
@pytest.mark.parametrize("is_winner", [False, True])
def test_who_is_being_erased_is_not_merged(
    world: World, drain: Any, has_begun: bool, is_winner: bool
) -> None:
    anna, bruno = contact("Alpha", ANNA), contact("Bravo", BRUNO)
    ask(anna)
    if has_begun:
        erasing.erase_chunk(now=NOW())
    ids = [anna.pk, bruno.pk] if is_winner else [bruno.pk, anna.pk]

    with pytest.raises(merging.CannotMerge, match="just being erased"):
        merging.merge(ids=ids, chosen={}, by="x", now=NOW())
    drain()

    assert Contact.objects.get() == bruno


def test_a_merge_of_who_is_being_erased_is_not_undone(world: World, drain: Any) -> None:
    anna, bruno = contact("Alpha", ANNA), contact("Bravo", BRUNO)
    made = merging.merge(ids=[anna.pk, bruno.pk], chosen={}, by="x", now=NOW())
    anna.refresh_from_db()
    ask(anna)

    with pytest.raises(merging.CannotMerge, match="just being erased"):
        merging.undo(made, by="x", now=NOW())
    drain()

    assert not Contact.objects.exists()


def test_who_was_merged_after_the_page_was_shown_is_not_erased_by_halves(world: World, drain: Any) -> None:
    anna, bruno = contact("Alpha", ANNA), contact("Bravo", BRUNO)
    shown = erasing.subject_of(contact=anna)
    stale = erasing.subject_of(contact=bruno)
    merging.merge(ids=[anna.pk, bruno.pk], chosen={}, by="x", now=NOW())

    with pytest.raises(erasing.CannotErase, match="merged or deleted"):
        erasing.request(subject=stale, typed="Bravo", by="ada", now=NOW())
    made = erasing.request(subject=shown, typed="Alpha", by="ada", now=NOW())
    assert set(made.subject["numbers"]) == {ANNA, BRUNO}
    drain()

    assert not Contact.objects.exists()
    assert not Merge.objects.exclude(kept={}).exists()


def test_nothing_is_linked_to_who_is_being_erased(world: World, drain: Any, as_user: Any) -> None:
    anna = contact("Alpha", ANNA, external_id="X1")
    address = Address.objects.create(kind="phone", value=BRUNO)
    ask(anna)

    with pytest.raises(ValidationError, match="just being erased"):
        services.link(address=address, contact=anna)
    answer = as_user("ada").patch(
        f"/api/v1/addresses/{address.pk}/", {"contact": anna.pk}, content_type="application/json"
    )
    assert (answer.status_code, "erased" in str(answer.json())) == (400, True)
    data = {"contact": anna.pk, "block_reason": ""}
    page = as_user("ada").post(reverse("admin:contacts_address_change", args=[address.pk]), data)
    assert "just being erased" in page.content.decode()


def test_a_file_does_not_change_who_is_being_erased(world: World, drain: Any) -> None:
    anna = contact("Alpha", ANNA, external_id="X1")
    ask(anna)

    with pytest.raises(Refused, match="just being erased"):
        people.take_in(Person(external_id="X1", last_name="Beta"), known="update", by="ada")


def test_a_line_with_more_cells_than_heads_is_refused(world: World, drain: Any) -> None:
    raw = b"last name,external id\nRossi,1,\nKeller, Ltd,2\n"
    job = imports.upload(file_name="x.csv", raw=raw, by="ada")
    imports.start(job)
    drain()

    assert [row.result for row in job.rows.order_by("line")] == ["created", "refused"]
