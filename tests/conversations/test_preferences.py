import pytest
from django.urls import reverse

from conversations import keys
from conversations.models_desk import DeskPreference
from tests.conversations.desk import statements

PAGE = "/desk/preferences/"


def form(**changed):
    fields = {f"key-{slug}": written for slug, written in keys.bindings({}).items()}
    return fields | {"title_badge": "on", "single_keys": "on"} | changed


def test_what_is_saved_holds_on_every_page_of_the_desk(alice):
    response = alice.post(PAGE, form(**{"key-end": "x", "sound": "on"}))

    assert response.status_code == 302
    kept = DeskPreference.objects.get()
    assert (kept.keys, kept.sound, kept.notifications) == ({"end": "x"}, True, False)
    assert 'data-command="end" data-keys="x"' in alice.get("/desk/my/").content.decode()


def test_single_keys_can_be_switched_off(alice):
    fields = form()
    del fields["single_keys"]
    alice.post(PAGE, fields)

    assert 'data-single="off"' in alice.get("/desk/my/").content.decode()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"key-end": "Ctrl+W"}, "belongs to the browser"),
        ({"key-end": "j"}, "in the way of “Next conversation”"),
    ],
)
def test_a_key_that_cannot_be_is_told_at_its_field_and_nothing_is_kept(alice, changed, told):
    response = alice.post(PAGE, form(**changed))

    page = response.content.decode()
    assert response.status_code == 422
    assert told in page
    assert 'id="key-end-error"' in page
    assert not DeskPreference.objects.exists()


def test_what_was_typed_comes_back_as_text(alice):
    page = alice.post(PAGE, form(**{"key-end": '"><b>'})).content.decode()

    assert "&quot;&gt;&lt;b&gt;" in page
    assert "<b>" not in page


def test_the_usual_keys_come_back_and_the_switches_stay(alice):
    alice.post(PAGE, form(**{"key-end": "x", "sound": "on"}))
    alice.post(PAGE, form(**{"key-end": "x", "sound": "on", "usual": "1"}))

    kept = DeskPreference.objects.get()
    assert (kept.keys, kept.sound) == ({}, True)


def test_preferences_are_each_persons_own(alice, bob):
    alice.post(PAGE, form(**{"key-end": "x"}))

    assert 'data-command="end" data-keys="e"' in bob.get(reverse("desk:keys")).content.decode()


def test_agents_see_no_keys_for_what_supervisors_do(alice, as_user):
    assert 'data-command="assign"' not in alice.get("/desk/keys/").content.decode()
    assert 'data-command="assign"' in as_user("sam").get("/desk/keys/").content.decode()


def test_the_sheet_takes_one_statement_more(alice):
    assert statements(lambda: alice.get("/desk/keys/")) <= 6


def test_without_a_role_there_are_no_preferences(anonymous, world):
    assert anonymous.get(PAGE).status_code == 302
