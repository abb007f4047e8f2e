"""The configuration as a file, over the API."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.roles import ADMINISTRATOR, role_of
from channels_app.forms_credentials import LONGEST_SECRET
from omnichannel.configuration import applying
from omnichannel.configuration.reading import LONGEST_FILE, BadFile

EXAMPLE = "format: omnichannel/1\nqueues:\n- name: Billing\n  priority: 10\n  members: []\n"


class IsAdministrator(BasePermission):
    """The whole configuration is the administrators'."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True for administrators."""
        return bool(request.user.is_authenticated and role_of(request.user) == ADMINISTRATOR)


class ConfigurationFileSerializer(serializers.Serializer):
    """A configuration file: its text."""

    yaml = serializers.CharField(max_length=LONGEST_FILE, trim_whitespace=False)


class ApplySerializer(ConfigurationFileSerializer):
    """A file to apply, with what it does not hold."""

    tokens = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_SECRET),
        required=False,
        write_only=True,
        help_text="Auth Token by Account SID, or API key by Customer ID, for accounts that are new here.",
    )
    fingerprint = serializers.CharField(
        max_length=64, required=False, help_text="Of the preview; then only what was previewed is applied."
    )


class ChangeSerializer(serializers.Serializer):
    """One record that differs: added, changed or removed, with the lines of a diff."""

    kind = serializers.CharField()
    section = serializers.CharField()
    name = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField())


class PreviewSerializer(serializers.Serializer):
    """What applying would change, and the accounts whose Auth Token or API key has to be given."""

    changes = ChangeSerializer(many=True)
    tokens = serializers.ListField(child=serializers.CharField())
    fingerprint = serializers.CharField()


class AppliedSerializer(serializers.Serializer):
    """What was changed."""

    changes = ChangeSerializer(many=True)


def refused(error: ValueError) -> serializers.ValidationError:
    """Everything that is wrong with the file, at its field."""
    problems = error.problems if isinstance(error, applying.Refused) else [str(error)]
    return serializers.ValidationError({"yaml": problems})


class ConfigurationView(APIView):
    """Read the configuration as a file; apply one."""

    permission_classes: Any = (IsAdministrator,)

    @extend_schema(
        responses=ConfigurationFileSerializer,
        examples=[OpenApiExample("A queue", {"yaml": EXAMPLE}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Queues, agents and work streams as YAML, without secrets."""
        return Response(ConfigurationFileSerializer({"yaml": applying.hand_out()}).data)

    @extend_schema(
        request=ApplySerializer,
        responses={200: AppliedSerializer},
        examples=[OpenApiExample("A queue", {"yaml": EXAMPLE}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Apply a file, all of it or nothing. 409 when the installation is not what was previewed."""
        given = ApplySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        try:
            changes = applying.apply(
                values["yaml"], tokens=values.get("tokens", {}), expected=values.get("fingerprint")
            )
        except applying.Stale as error:
            return Response({"code": "stale", "detail": str(error)}, status=status.HTTP_409_CONFLICT)
        except (BadFile, applying.Refused) as error:
            raise refused(error) from error
        return Response(AppliedSerializer({"changes": changes}).data)


class PreviewView(APIView):
    """Compare a file with what is here."""

    permission_classes: Any = (IsAdministrator,)

    @extend_schema(
        request=ConfigurationFileSerializer,
        responses={200: PreviewSerializer},
        examples=[OpenApiExample("A queue", {"yaml": EXAMPLE}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """What applying the file would change. Nothing is changed."""
        given = ConfigurationFileSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            found = applying.preview(given.validated_data["yaml"])
        except (BadFile, applying.Refused) as error:
            raise refused(error) from error
        return Response(PreviewSerializer(found).data)


urlpatterns = [
    path("configuration/", ConfigurationView.as_view(), name="api-configuration"),
    path("configuration/preview/", PreviewView.as_view(), name="api-configuration-preview"),
]
