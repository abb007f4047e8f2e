"""The API under /api/v1/: every resource, tokens, and the schema."""

import hashlib
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.urls import include, path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from knox.models import get_token_model
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from channels_app.api import DeliveryViewSet, ReceiptViewSet, SmsNumberViewSet, SmsSettingsViewSet
from contacts.api import AccountViewSet
from conversations.api import ConversationViewSet, MessageViewSet
from omnichannel.customers.api import AddressViewSet, ContactViewSet
from routing.api import AgentViewSet, QueueViewSet, WorkStreamViewSet
from routing.api_rules import RoutingRuleViewSet


class CredentialsSerializer(serializers.Serializer):
    """How a person logs in."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)


class TokenSerializer(serializers.Serializer):
    """To be sent as `Authorization: Token …`; shown this once, kept hashed."""

    token = serializers.CharField()


class PerLoginThrottle(ScopedRateThrottle):
    """Tries per username and address. Counted per process (the cache is local memory)."""

    def get_ident(self, request: Request) -> str:
        """What a client cannot choose (X-Forwarded-For it can), and whom it tries to be."""
        name = request.data.get("username", "") if isinstance(request.data, dict) else ""
        tried = f"{request.META.get('REMOTE_ADDR', '')}|{str(name)[:150].casefold()}"
        return hashlib.sha256(tried.encode("utf-8", "surrogatepass")).hexdigest()


class TokenView(APIView):
    """Username and password in, a token out."""

    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)
    throttle_classes = (PerLoginThrottle,)
    throttle_scope = "token"

    @extend_schema(request=CredentialsSerializer, responses=TokenSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Log in for ninety days, or until the token is revoked."""
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = authenticate(request=request._request, **given.validated_data)
        if user is None:
            raise serializers.ValidationError(
                {"non_field_errors": ["Username and password do not fit together."]}
            )
        _, token = get_token_model().objects.create(user)
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


router = DefaultRouter()
router.include_root_view = False
for name, viewset in {
    "work-streams": WorkStreamViewSet,
    "queues": QueueViewSet,
    "routing-rules": RoutingRuleViewSet,
    "agents": AgentViewSet,
    "sms-settings": SmsSettingsViewSet,
    "sms-numbers": SmsNumberViewSet,
    "receipts": ReceiptViewSet,
    "deliveries": DeliveryViewSet,
    "accounts": AccountViewSet,
    "contacts": ContactViewSet,
    "addresses": AddressViewSet,
    "conversations": ConversationViewSet,
    "messages": MessageViewSet,
}.items():
    router.register(name, viewset, basename=f"api-{name}")

urlpatterns = [
    path("token/", TokenView.as_view(), name="api-token"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("", include("omnichannel.configuration.api")),
    path("", include(router.urls)),
]
