"""Logging in: one page for the desk and the administration, and one for the code."""

import math
from typing import Any

from django import forms
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from agents import sign_in
from agents.models import User
from agents.second_factor import authenticator_of, waits_until

LONGEST_PASSWORD = 4096
NO_FIT = "Username and password do not fit together. Both care about capital letters."


class SignInForm(AuthenticationForm):
    """Username and password; no password so long that hashing it becomes work."""

    password = forms.CharField(strip=False, max_length=LONGEST_PASSWORD, widget=forms.PasswordInput)
    error_messages = {"invalid_login": NO_FIT, "inactive": NO_FIT}


class SignInView(auth_views.LoginView):
    """Username and password; then the code, for whoever has a second factor."""

    template_name = "account/login.html"
    authentication_form: Any = SignInForm

    def form_valid(self, form: Any) -> HttpResponse:
        """On to the desk, or to the code."""
        if authenticator_of(form.get_user()) is None:
            return super().form_valid(form)
        sign_in.begin(self.request, user=form.get_user(), leads_to=self.get_success_url())
        return redirect("login-code")


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(max_length=40)


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The second step of a log-in."""
    user = sign_in.begun(request)
    if user is None:
        return redirect("login")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if sign_in.proves(request, user=user, code=form.cleaned_data["code"]):
            return redirect(sign_in.finish(request, user=user))
        form.add_error("code", why_not(user))
    return render(request, "account/code.html", {"form": form, "person": user})


def why_not(user: User) -> str:
    """Why a code was not taken, and what helps."""
    until = waits_until(user)
    seconds = math.ceil((until - timezone.now()).total_seconds()) if until else 0
    wait = f" Wait {seconds} seconds before the next try." if seconds > 0 else ""
    return f"This code is not right, or it was used already. Type the one your app shows now.{wait}"
