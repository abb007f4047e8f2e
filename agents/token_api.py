"""Username and password in, a token out."""

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.models import ApiToken
from agents.sign_in_views import LONGEST_PASSWORD


class CredentialsSerializer(serializers.Serializer):
    """How a person logs in."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True)
    name = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="What the token is for; shown in lists."
    )


class TokenSerializer(serializers.Serializer):
    """To be sent as `Authorization: Token …`; shown this once, kept hashed."""

    token = serializers.CharField()


class TooOftenSerializer(serializers.Serializer):
    """Too many log-ins failed; the header Retry-After says when to try again."""

    code = serializers.CharField()
    detail = serializers.CharField()


class TokenView(APIView):
    """Username and password in, a token out."""

    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)

    @extend_schema(
        request=CredentialsSerializer,
        responses={200: TokenSerializer, 429: TooOftenSerializer},
        auth=[],
        examples=[
            OpenApiExample(
                "A log-in",
                value={"username": "ada", "password": "correct horse battery", "name": "Nightly report"},
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
        _, token = ApiToken.objects.create(user, name=values.get("name", ""))
        user_logged_in.send(sender=type(user), request=request._request, user=user)
        return Response(TokenSerializer({"token": token}).data)


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
