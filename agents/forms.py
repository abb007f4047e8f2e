"""Forms for people."""

import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UserChangeForm, UserCreationForm, UsernameField

from agents.models import Agent, User
from agents.roles import AGENT, ROLES, is_let_see_numbers

NO_ROLE = ("", "No role: may log in and see nothing")
LARGEST_CAPACITY = 10_000


@lru_cache(maxsize=1)
def time_zones() -> list[tuple[str, str]]:
    """The zones to choose from (reading their list touches hundreds of files)."""
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class PersonFields(forms.ModelForm):
    """What is the same when a person is added and changed."""

    role = forms.ChoiceField(
        choices=lambda: [*((name, name) for name in ROLES), NO_ROLE],
        required=False,
        help_text="Decides what this person may see and do.",
    )
    capacity = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_CAPACITY,
        initial=100,
        help_text="Units of work this person can carry at once; each work stream says how many one "
        "conversation takes.",
    )
    sees_numbers = forms.BooleanField(
        required=False,
        label="May see customers' numbers in records and exports",
        help_text="Else they are masked there. Administrators always may; at the desk, agents see whom they "
        "write to.",
    )
    time_zone = forms.ChoiceField(choices=time_zones, help_text="Times are shown in this zone.")
    locale = forms.ChoiceField(choices=settings.LANGUAGES, label="language", initial="en")


class PersonAddForm(PersonFields, UserCreationForm):
    """A new person: login, name, role."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "first_name", "last_name", "email", "time_zone", "locale")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].initial = AGENT
        self.fields["time_zone"].initial = "UTC"


class PersonChangeForm(PersonFields, UserChangeForm):
    """A person as they are; of the password nothing is shown (see the page of their access)."""

    password = None  # type: ignore[assignment]

    class Meta:
        model = User
        field_classes = {"username": UsernameField}
        fields = (
            "username",
            "is_active",
            "is_superuser",
            "first_name",
            "last_name",
            "email",
            "time_zone",
            "locale",
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # On pages that only show, or on one's own, some of these are not there.
        if "role" in self.fields:
            names = set(self.instance.groups.values_list("name", flat=True))
            self.fields["role"].initial = next((role for role in ROLES if role in names), "")
        if "sees_numbers" in self.fields:
            self.fields["sees_numbers"].initial = is_let_see_numbers(self.instance)
        if "capacity" in self.fields:
            seat = Agent.objects.filter(user=self.instance).first()
            self.fields["capacity"].required = False
            self.fields["capacity"].initial = seat.capacity if seat else None
        if "locale" in self.fields:
            locale: Any = self.fields["locale"]
            mine = (self.instance.locale, self.instance.locale)
            locale.choices = [*settings.LANGUAGES, *([] if mine[0] in dict(settings.LANGUAGES) else [mine])]
