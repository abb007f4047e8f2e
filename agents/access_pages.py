"""Administration of access: invitations, one person's access, what the installation asks."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from agents import letters, links, second_factor
from agents.access import log_ins_of, may_touch, reset_second_factor, tokens_of
from agents.browsers import in_words
from agents.forms import LARGEST_CAPACITY, NO_ROLE, time_zones
from agents.models import User
from agents.roles import AGENT, ROLES, role_of
from agents.throttle import forget_failures
from omnichannel.lib.audit import note_sign_in
from omnichannel.lib.backoffice import copyable, page, render_page

LISTED = 200
PEOPLE = ("Users", "admin:agents_user_changelist")


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    first_name = forms.CharField(max_length=150)
    last_name = forms.CharField(max_length=150, required=False)
    email = forms.EmailField(
        required=False,
        label="E-mail address",
        help_text="If this installation can send e-mail, the link goes there too.",
    )
    role = forms.ChoiceField(
        choices=[*((name, name) for name in ROLES), NO_ROLE],
        required=False,
        initial=AGENT,
        help_text="Decides what this person may see and do.",
    )
    capacity = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_CAPACITY,
        initial=100,
        help_text="Units of work this person can carry at once.",
    )
    time_zone = forms.ChoiceField(
        choices=time_zones, initial="UTC", help_text="Times are shown in this zone."
    )


class PolicyForm(forms.Form):
    """Who needs a second factor."""

    roles = forms.MultipleChoiceField(
        choices=[(name, name) for name in ROLES],
        required=False,
        label="Two-factor log-in is required for",
        widget=forms.CheckboxSelectMultiple,
        help_text="Whoever lacks it is led to set it up before anything else, and their API tokens wait.",
    )


# --- invitations ----------------------------------------------------------------------------------


@page("invitations/", name="invitations", title="Invitations", permission="agents.add_user")
@never_cache
def invitations(request: HttpRequest) -> HttpResponse:
    """Invite somebody; who was invited and has not come yet."""
    form = InvitationForm(request.POST or None)
    if form.is_valid():
        return _shown_once(request, links.invite(made_by=request.user, **form.cleaned_data))
    rows = links.open_invitations()[:LISTED]
    return render_page(
        request, "admin/invitations.html", title="Invitations", trail=[_people()], form=form, rows=rows
    )


@page("invitations/<int:pk>/again/", name="invitation_again", title="", permission="agents.add_user")
@require_POST
def invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link for the same person."""
    return _shown_once(request, links.invite_again(link=_invitation(pk), made_by=request.user))


@page("invitations/<int:pk>/revoke/", name="invitation_revoke", title="", permission="agents.add_user")
@require_POST
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    link = _invitation(pk)
    link.delete()
    messages.success(request, f"The invitation for {link.person} is revoked; its link is dead.")
    return redirect("admin:invitations")


def _invitation(pk: int) -> links.SignInLink:
    link = links.open_invitations().filter(pk=pk).first() if pk < 2**63 else None
    if link is None:
        raise Http404
    return link


def _shown_once(request: HttpRequest, made: links.Made) -> HttpResponse:
    """The link on a page, this once; by e-mail as well where that is possible."""
    to = made.link.user.email if made.link.user else made.link.email
    context: dict[str, Any] = {
        "made": made,
        "to": to,
        "is_sent": letters.send(made, to=to),
        "copyable": copyable(made.address, what="the link"),
    }
    return render_page(request, "admin/link.html", title=str(made.link), trail=[_people()], **context)


def _people() -> tuple[str, str]:
    return PEOPLE[0], reverse(PEOPLE[1])


# --- one person -----------------------------------------------------------------------------------


@page("access/<int:pk>/", name="person_access", title="Access", permission="agents.change_user")
@never_cache
def person_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Where somebody is logged in, their API tokens and second factor; what an administrator may do."""
    person = _person(request, pk)
    context: dict[str, Any] = {
        "person": person,
        "role": role_of(person) or "No role",
        "authenticator": second_factor.authenticator_of(person),
        "is_required": second_factor.is_required_of(person),
        "log_ins": [(row, in_words(row.user_agent)) for row in log_ins_of(person)],
        "tokens": tokens_of(person),
        "link": links.SignInLink.objects.filter(user=person).first(),
        "now": timezone.now(),
    }
    trail = [_people(), (str(person), reverse("admin:agents_user_change", args=[pk]))]
    return render_page(request, "admin/access.html", title=f"Access of {person}", trail=trail, **context)


@page("access/<int:pk>/end/", name="person_end", title="", permission="agents.change_user")
@require_POST
def end_all(request: HttpRequest, pk: int) -> HttpResponse:
    """End all of somebody's log-ins and API tokens."""
    person = _person(request, pk)
    count = person.end_access()
    what = "log-in or API token" if count == 1 else "log-ins and API tokens"
    note_sign_in(person, what=f"All log-ins and API tokens ended: {count}")
    messages.success(
        request,
        f"Ended for {person}: {count} {what}.",
    )
    return redirect("admin:person_access", pk)


@page("access/<int:pk>/reset/", name="person_reset", title="", permission="agents.change_user")
@require_POST
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Reset somebody's second factor."""
    person = _person(request, pk)
    if request.POST.get("sure") != "on":
        messages.error(request, "Nothing was changed: tick that you know who is asking.")
    elif reset_second_factor(user=person):
        messages.success(request, f"{person} logs in with the password alone, and can set it up again.")
    else:
        messages.warning(request, f"{person} has no second factor.")
    return redirect("admin:person_access", pk)


@page("access/<int:pk>/password-link/", name="person_link", title="", permission="agents.change_user")
@never_cache
@require_POST
def password_link(request: HttpRequest, pk: int) -> HttpResponse:
    """A link with which somebody sets a new password."""
    person = _person(request, pk)
    if not person.is_active:
        messages.error(request, f"{person} may not log in: make them active first.")
        return redirect("admin:person_access", pk)
    note_sign_in(person, what="Link for a new password made")
    return _shown_once(request, links.link_for_password(user=person, made_by=request.user))


@page("access/<int:pk>/unlock/", name="person_unlock", title="", permission="agents.change_user")
@require_POST
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody try again at once after too many failed log-ins."""
    person = _person(request, pk)
    forget_failures(username=person.get_username())
    note_sign_in(person, what="Failed log-ins forgotten")
    messages.success(request, f"{person} may try again at once.")
    return redirect("admin:person_access", pk)


def _person(request: HttpRequest, pk: int) -> User:
    person = User.objects.filter(pk=pk).first() if pk < 2**63 else None
    if person is None:
        raise Http404
    if not may_touch(request.user, person):
        raise PermissionDenied
    return person


# --- the installation -----------------------------------------------------------------------------


@page("sign-in/", name="sign_in", title="Sign-in and security", permission="agents.change_signinpolicy")
def policy(request: HttpRequest) -> HttpResponse:
    """Who needs a second factor, and who has one."""
    form = PolicyForm(request.POST or None, initial={"roles": second_factor.policy().required_roles})
    if form.is_valid():
        second_factor.require_for(roles=form.cleaned_data["roles"])
        messages.success(request, "Saved. It counts everywhere within five seconds.")
        return redirect("admin:sign_in")
    counts = second_factor.count_by_role()
    return render_page(request, "admin/sign_in.html", title="Sign-in and security", form=form, counts=counts)
