"""What an invited person, or one with a link for a new password, sees."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import BaseUserCreationForm, SetPasswordForm, UserCreationForm
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from agents import links
from agents.models import User
from agents.services import accept_invitation, set_password_by_link
from agents.sign_in_views import LONGEST_PASSWORD


class WelcomeForm(UserCreationForm):
    """The username and password of somebody new."""

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username",)


class NewPasswordForm(SetPasswordForm):
    """A new password, twice."""


@never_cache
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Set one's password with a link. Opening it uses nothing up: mail programs open links too."""
    try:
        link = links.find(token)
        form = _form(request, link)
        if request.method == "POST" and form.is_valid() and _is_done(link, form):
            messages.success(request, "Done. Log in with your username and your new password.")
            return redirect("login")
    except links.Gone:
        return render(request, "account/gone.html", status=404)
    return render(request, "account/welcome.html", {"form": form, "link": link})


def _form(request: HttpRequest, link: links.SignInLink) -> Any:
    data = request.POST if request.method == "POST" else None
    if link.user is not None:
        form: Any = NewPasswordForm(link.user, data)
    else:
        # So that a password too much like the name is refused.
        newcomer = User(first_name=link.first_name, last_name=link.last_name, email=link.email)
        form = WelcomeForm(data, instance=newcomer)
    for name in form.fields:
        if "password" in name:
            form.fields[name].validators.append(MaxLengthValidator(LONGEST_PASSWORD))
    return form


def _is_done(link: links.SignInLink, form: Any) -> bool:
    try:
        if link.user is not None:
            set_password_by_link(link=link, password=form.cleaned_data["new_password1"])
        else:
            accept_invitation(
                link=link, username=form.cleaned_data["username"], password=form.cleaned_data["password1"]
            )
    except IntegrityError:  # somebody took the name in this very moment
        form.add_error("username", "A user with that username already exists.")
        return False
    return True
