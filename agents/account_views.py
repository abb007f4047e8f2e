"""One's own account: the second factor, where one is logged in, API tokens, the password."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from agents import second_factor, sign_in
from agents.access import log_ins_of, tokens_of
from agents.browsers import in_words
from agents.models import User
from agents.sign_in_views import LONGEST_PASSWORD, CodeForm, why_not
from omnichannel.lib.audit import note_sign_in

Person = Any


def own(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of whoever is logged in, kept by no cache."""
    return never_cache(login_required(view))


def post_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An action on one's own account."""
    return require_POST(own(wraps(view)(view)))


class PasswordField(forms.CharField):
    """One's present password."""

    def __init__(self) -> None:
        super().__init__(strip=False, max_length=LONGEST_PASSWORD)


class MoveForm(CodeForm):
    """The new phone's code and the password: a browser left open must not be enough."""

    password = PasswordField()


class ProofForm(CodeForm):
    """Password and code: for what weakens the account."""

    password = PasswordField()

    def __init__(self, *args: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request = request

    def clean(self) -> Any:
        """Both must be right; the code is only looked at (and used up) when the password is."""
        given, user = self.cleaned_data, self.request.user
        assert isinstance(user, User)
        if "password" not in given or "code" not in given:
            return given
        if not sign_in.knows_password(self.request, user=user, password=given["password"]):
            self.add_error("password", "This is not your password.")
        elif not sign_in.proves(self.request, user=user, code=given["code"]):
            self.add_error("code", why_not(user))
        return given


@own
def security(request: HttpRequest) -> HttpResponse:
    """Everything about one's own access on one page."""
    user: Person = request.user
    here = sign_in.current(request)
    context = {
        "authenticator": second_factor.authenticator_of(user),
        "codes_left": user.recovery_codes.count(),
        "is_required": second_factor.is_required_of(user),
        "log_ins": [(row, in_words(row.user_agent), row.pk == here) for row in log_ins_of(user)],
        "tokens": tokens_of(user),
        "now": timezone.now(),
    }
    return render(request, "account/security.html", context)


@own
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up the second factor, or move it to another phone: scan, type a code, keep the recovery codes."""
    user: Person = request.user
    has_one = second_factor.authenticator_of(user) is not None
    if has_one and not request.session.get(sign_in.PROVED):
        return redirect("login")
    device = second_factor.prepare(user)
    form = (MoveForm if has_one else CodeForm)(request.POST or None)
    if form.is_valid() and (codes := _confirmed(request, user, form)):
        return render(request, "account/codes.html", {"codes": codes, "is_new": True})
    picture = segno.make(device.address, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    context = {
        "device": device,
        "picture": picture,
        "form": form,
        "is_required": second_factor.is_lacking(user),
        "has_one": has_one,
    }
    return render(request, "account/set_up.html", context)


def _confirmed(request: HttpRequest, user: User, form: CodeForm) -> list[str] | None:
    """The recovery codes, when what was typed is right; else None, and the form says why."""
    password = form.cleaned_data.get("password")
    if password is not None and not sign_in.knows_password(request, user=user, password=password):
        form.add_error("password", "This is not your password.")
        return None
    codes = second_factor.confirm(user=user, code=form.cleaned_data["code"])
    if codes is None:
        form.add_error("code", "This code is not right. Type the six digits that your app shows now.")
        return None
    request.session[sign_in.PROVED] = True
    sign_in.end_others(request, user=user)
    note_sign_in(user, what="Two-factor log-in set up")
    return codes


@own
def new_codes(request: HttpRequest) -> HttpResponse:
    """Ten new recovery codes; the old ones stop working."""
    user: Person = request.user
    if second_factor.authenticator_of(user) is None:
        raise Http404
    form = ProofForm(request.POST or None, request=request)
    if form.is_valid():
        note_sign_in(user, what="New recovery codes")
        return render(request, "account/codes.html", {"codes": second_factor.new_codes(user=user)})
    return render(request, "account/prove.html", {"form": form, "what": "codes"})


@own
def switch_off(request: HttpRequest) -> HttpResponse:
    """Do without a second factor, where nobody requires it."""
    user: Person = request.user
    if second_factor.authenticator_of(user) is None or second_factor.is_required_of(user):
        raise Http404
    form = ProofForm(request.POST or None, request=request)
    if form.is_valid():
        second_factor.remove(user=user)
        request.session.pop(sign_in.PROVED, None)
        sign_in.end_others(request, user=user)
        note_sign_in(user, what="Two-factor log-in switched off")
        messages.success(request, "Two-factor log-in is off. Your password alone lets you in.")
        return redirect("account-security")
    return render(request, "account/prove.html", {"form": form, "what": "off"})


@post_only
def end_log_in(request: HttpRequest, log_in_id: str) -> HttpResponse:
    """End one log-in of one's own."""
    user: Person = request.user
    ended, _ = user.log_ins.filter(pk=log_in_id).delete()
    if not ended:
        raise Http404
    note_sign_in(user, what="One log-in ended")
    if log_in_id == sign_in.current(request):
        request.session.flush()
        return redirect("login")
    messages.success(request, "That log-in has ended.")
    return redirect("account-security")


@post_only
def end_others(request: HttpRequest) -> HttpResponse:
    """End everything but this log-in."""
    user: Person = request.user
    count = sign_in.end_others(request, user=user)
    note_sign_in(user, what=f"All other log-ins and API tokens ended: {count}")
    messages.success(request, f"Ended: {count}. Only this browser is logged in, and there are no API tokens.")
    return redirect("account-security")


@post_only
def revoke_token(request: HttpRequest, uuid: Any) -> HttpResponse:
    """End one API token of one's own."""
    user: Person = request.user
    token = user.auth_token_set.filter(uuid=uuid).first()
    if token is None:
        raise Http404
    token.delete()
    note_sign_in(user, what=f"API token revoked: {token}")
    messages.success(request, f"{token} is revoked. What uses it gets no answer any more.")
    return redirect("account-security")


class OwnPasswordForm(PasswordChangeForm):
    """A new password. Guessing the old one counts as failed log-ins."""

    def __init__(self, user: Any, *args: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(user, *args, **options)
        self.request = request

    def clean_old_password(self) -> str:
        given: str = self.cleaned_data["old_password"]
        if not sign_in.knows_password(self.request, user=self.user, password=given[:LONGEST_PASSWORD]):
            raise forms.ValidationError("This is not your present password.")
        return given


class PasswordView(auth_views.PasswordChangeView):
    """Change one's own password; everything else that is open ends with it (see User.save)."""

    template_name = "account/password.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("account-security")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        note_sign_in(form.user, what="Password changed; all other log-ins and API tokens ended")
        messages.success(self.request, "Your password is changed. You are logged in here and nowhere else.")
        return answer
