"""Logging in: one page for the desk and the administration."""

from typing import Any

from django import forms
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm

LONGEST_PASSWORD = 4096


class SignInForm(AuthenticationForm):
    """Username and password; no password so long that hashing it becomes work."""

    password = forms.CharField(strip=False, max_length=LONGEST_PASSWORD, widget=forms.PasswordInput)
    error_messages = {
        "invalid_login": "Username and password do not fit together. Both care about capital letters.",
        "inactive": "Username and password do not fit together. Both care about capital letters.",
    }


class SignInView(auth_views.LoginView):
    """Username and password; then the code, for whoever has a second factor."""

    template_name = "account/login.html"
    authentication_form: Any = SignInForm
