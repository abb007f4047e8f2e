"""Username and password in, a token out."""

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.models import ApiToken, User
from agents.second_factor import authenticator_of, is_required_of
from agents.sign_in import proves
from agents.sign_in_views import LONGEST_PASSWORD, why_not


class CredentialsSerializer(serializers.Serializer):
    """How a person logs in."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True)
    otp = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="The code of the authenticator app (or a recovery code), for who has two-factor log-in.",
    )
    name = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="What the token is for; shown in lists."
    )


class TokenSerializer(serializers.Serializer):
    """To be sent as `Authorization: Token …`; shown this once, kept hashed."""

    token = serializers.CharField()


class TokenView(APIView):
    """Username and password in, a token out."""

    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)

    @extend_schema(
        request=CredentialsSerializer,
        responses=TokenSerializer,
        auth=[],
        examples=[
            OpenApiExample(
                "A log-in",
                value={"username": "ada", "password": "correct horse battery", "name": "Nightly report"},
                request_only=True,
            ),
            OpenApiExample(
                "A log-in with two factors",
                value={"username": "ada", "password": "correct horse battery", "otp": "492039"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Log in for ninety days, or until the token is revoked."""
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        user: Any = authenticate(
            request=request._request, username=values["username"], password=values["password"]
        )
        if user is None:
            raise serializers.ValidationError(
                {"non_field_errors": ["Username and password do not fit together."]}
            )
        check_second_factor(request._request, user=user, code=values.get("otp", ""))
        _, token = ApiToken.objects.create(user, name=values.get("name", ""))
        user_logged_in.send(sender=type(user), request=request._request, user=user)
        return Response(TokenSerializer({"token": token}).data)


def check_second_factor(request: HttpRequest, *, user: User, code: str) -> None:
    """Raise ValidationError at `otp` for whoever has or needs a second factor and does not prove it."""
    if authenticator_of(user) is None:
        if is_required_of(user):
            raise serializers.ValidationError(
                {"otp": ["Your role needs two-factor log-in: log in with a browser once and set it up."]}
            )
    elif not code:
        raise serializers.ValidationError({"otp": ["Give the code of your authenticator app."]})
    elif not proves(request, user=user, code=code):
        raise serializers.ValidationError({"otp": [why_not(user)]})


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema tells of tokens."""

    target_class = "agents.tokens.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A header with a word before it."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, from POST /api/v1/token/",
        }
