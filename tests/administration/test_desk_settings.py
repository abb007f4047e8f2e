from django.urls import reverse

from conversations.models_desk import DeskSettings

PAGE = "/admin/conversations/desksettings/"


def test_an_administrator_says_for_how_long_replies_can_be_taken_back(as_user):
    ada = as_user("ada")
    DeskSettings.objects.all().delete()
    assert ada.get(PAGE).url == f"{PAGE}1/change/"
    assert 'name="undo_seconds" value="5"' in ada.get(f"{PAGE}1/change/").content.decode()

    answer = ada.post(f"{PAGE}1/change/", {"undo_seconds": "10", "allow_personal_quick_replies": "on"})

    assert answer.status_code == 302
    found = DeskSettings.objects.get()
    assert (found.pk, found.undo_seconds, found.allow_personal_quick_replies) == (1, 10, True)
    assert "esk settings" in ada.get(reverse("admin:index")).content.decode()


def test_too_long_is_refused_at_the_field_and_others_only_look(as_user):
    refused = as_user("ada").post(f"{PAGE}1/change/", {"undo_seconds": "31"})
    assert "less than or equal to 30" in refused.content.decode()
    assert as_user("sam").post(f"{PAGE}1/change/", {"undo_seconds": "10"}).status_code == 403
    assert as_user("alice").get(f"{PAGE}1/change/").status_code in {302, 403}
    assert DeskSettings.objects.get().undo_seconds == 0
