"""Try this text: a work stream's rules on a customer's number and a text, as a page and over the API."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.roles import sees_numbers
from conversations.trial import Shown, Trial, shown_masked, shown_whole, try_text
from omnichannel.lib.backoffice import page, render_page
from omnichannel.lib.phones import NotANumber
from routing.admin_order import RULES_CSS, RULES_JS, find_stream, trail_to
from routing.api import WorkStreamViewSet as PlainWorkStreamViewSet
from routing.conditions import FIELDS
from routing.models import WorkStream

LONGEST_TEXT = 1600
FOUND = {
    "one": "Identified",
    "several": "Several contacts have this number, and an agent decides",
    "none": "No contact has this number",
}
LEVELS = {"true": "ok", "false": "", "skipped": ""}


def may_try(user: Any) -> bool:
    """Who reads rules and contacts: trying tells of both."""
    return bool(user.has_perms(["routing.view_routingrule", "contacts.view_contact"]))


def _shown_to(user: Any) -> Shown:
    return shown_whole if sees_numbers(user) else shown_masked


# --- the page -------------------------------------------------------------------------------------


class TryTextForm(forms.Form):
    """Who writes, and what."""

    customer = forms.CharField(
        label="Customer's number",
        max_length=64,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
        help_text="In any usual written form, for example +14255550100. It may be one that never wrote.",
    )
    text = forms.CharField(
        label="First text",
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="What the customer writes first. Empty stands for a picture without words.",
    )


@page(
    "routing/workstream/<int:stream_id>/try/",
    name="routing_try_text",
    title="Try this text",
    permission=lambda request: may_try(request.user),
)
def try_text_page(request: HttpRequest, stream_id: int) -> HttpResponse:
    """A form, and below it what would happen. Posted: no number stands in an address. Writes nothing."""
    stream = find_stream(stream_id)
    form = TryTextForm(request.POST if request.method == "POST" else None)
    trial = _tried(form, stream, request.user) if form.is_bound and form.is_valid() else None
    return render_page(
        request,
        "admin/routing/try_text.html",
        title="Try this text",
        trail=trail_to(stream),
        stream=stream,
        form=form,
        trial=_shown(trial, _shown_to(request.user)) if trial else None,
        media=forms.Media(css=RULES_CSS, js=RULES_JS),
    )


def _tried(form: TryTextForm, stream: WorkStream, user: Any) -> Trial | None:
    found = form.cleaned_data
    try:
        return try_text(
            work_stream=stream,
            customer=found["customer"],
            text=found["text"],
            shown=_shown_to(user),
            now=timezone.now(),
        )
    except NotANumber as error:
        form.add_error("customer", str(error))
        return None


def _shown(trial: Trial, shown: Shown) -> dict[str, Any]:
    contact = trial.identity.contact
    words = dict(FIELDS)
    return {
        "title": trial.title,
        "found": FOUND[trial.identity.found],
        "contact_url": reverse("admin:contacts_contact_change", args=[contact.pk]) if contact else "",
        "facts": [(words[field], shown(field, value)) for field, value in trial.route.facts.items()],
        "rules": [
            {
                "url": reverse("admin:routing_routingrule_change", args=[rule.id]),
                "level": LEVELS[rule.result],
                "rule": rule,
            }
            for rule in trial.rules
        ],
        "queue": trial.route.queue,
        "reason": trial.route.reason,
        "remarks": trial.remarks,
    }


# --- the API --------------------------------------------------------------------------------------


class TryTextSerializer(serializers.Serializer):
    """Who writes, and what."""

    customer = serializers.CharField(max_length=64)
    text = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="", trim_whitespace=False)


class TriedRuleSerializer(serializers.Serializer):
    """What came of a rule, and why."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    result = serializers.ChoiceField(["true", "false", "skipped"])
    why = serializers.CharField()
    condition = serializers.JSONField(
        allow_null=True,
        help_text="words and is_true, with the value compared (actual) or a group's conditions; null when "
        "skipped.",
    )


class TrialSerializer(serializers.Serializer):
    """What would happen. Customers' numbers are masked for those who may not see them."""

    customer = serializers.CharField(help_text="The contact's name, or that it would be a Visitor.")
    contact = serializers.IntegerField(allow_null=True)
    identification = serializers.ChoiceField(["one", "several", "none"])
    facts = serializers.DictField(child=serializers.CharField(allow_blank=True))
    rules = TriedRuleSerializer(many=True)
    queue = serializers.IntegerField()
    queue_name = serializers.CharField()
    reason = serializers.CharField()
    remarks = serializers.ListField(child=serializers.CharField())


class MayTry(BasePermission):
    """See may_try."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """By the rights to rules and contacts."""
        return may_try(request.user)


class WorkStreamViewSet(PlainWorkStreamViewSet):
    """Work streams. Deleting takes one out of use; its history stays."""

    @extend_schema(
        request=TryTextSerializer,
        responses={200: TrialSerializer},
        examples=[
            OpenApiExample(
                "A first text",
                request_only=True,
                value={"customer": "+14255550100", "text": "My invoice 10442 is wrong"},
            )
        ],
    )
    @action(detail=True, methods=["post"], url_path="try", permission_classes=[MayTry])
    def try_text(self, request: Request, **_: Any) -> Response:
        """Which rule would win if this customer wrote this text first, and why. Nothing is stored."""
        stream = self.get_object()
        given = TryTextSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        shown = _shown_to(request.user)
        try:
            trial = try_text(work_stream=stream, **given.validated_data, shown=shown, now=timezone.now())
        except NotANumber as error:
            raise serializers.ValidationError({"customer": [str(error)]}) from error
        return Response(_as_json(trial, shown))


def _as_json(trial: Trial, shown: Shown) -> dict[str, Any]:
    contact, found = trial.identity.contact, trial.route
    return {
        "customer": trial.title,
        "contact": contact.pk if contact else None,
        "identification": trial.identity.found,
        "facts": {field: shown(field, value) for field, value in found.facts.items()},
        "rules": [
            {
                "id": rule.id,
                "name": rule.name,
                "result": rule.result,
                "why": rule.why,
                "condition": rule.finding.as_json() if rule.finding else None,
            }
            for rule in trial.rules
        ],
        "queue": found.queue.pk,
        "queue_name": found.queue.name,
        "reason": found.reason,
        "remarks": trial.remarks,
    }
