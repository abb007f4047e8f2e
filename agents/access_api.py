"""Access over the API: one's own log-ins and tokens, anybody's for administrators, invitations."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents import letters, links, second_factor
from agents.access import log_ins_of, may_touch, reset_second_factor, tokens_of
from agents.browsers import in_words
from agents.forms import LARGEST_CAPACITY, time_zones
from agents.models import User
from agents.roles import ROLE_CHOICES, ROLES
from omnichannel.lib.audit import note_sign_in

USER = OpenApiParameter("user", str, description="A username; without it, oneself. For administrators.")


class May(BasePermission):
    """Whoever has the permission that the view names."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True with the permission."""
        return bool(request.user.is_authenticated and request.user.has_perm(view.needed))


class LogInSerializer(serializers.Serializer):
    """A browser in which somebody is logged in."""

    id = serializers.CharField(source="pk")
    browser = serializers.SerializerMethodField()
    address = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField()

    def get_browser(self, row: Any) -> str:
        """In words."""
        return in_words(row.user_agent)


class ApiTokenSerializer(serializers.Serializer):
    """A key to the API; nothing of the key itself."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    created = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    expiry = serializers.DateTimeField(allow_null=True)


class EndedSerializer(serializers.Serializer):
    """How many ended."""

    ended = serializers.IntegerField()


class InvitationSerializer(serializers.Serializer):
    """Whom to invite, and as what."""

    first_name = serializers.CharField(max_length=150)
    last_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    role = serializers.ChoiceField(choices=ROLE_CHOICES)
    capacity = serializers.IntegerField(min_value=0, max_value=LARGEST_CAPACITY, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)

    def validate_time_zone(self, value: str) -> str:
        """One of the known zones."""
        if value not in dict(time_zones()):
            raise serializers.ValidationError("Choose a time zone such as Europe/Zurich.")
        return value


class MadeSerializer(serializers.Serializer):
    """A link that works once. It is told this once: only its hash is kept."""

    link = serializers.CharField(source="address")
    expires_at = serializers.DateTimeField(source="link.expires_at")
    is_e_mailed = serializers.BooleanField()


class PolicySerializer(serializers.Serializer):
    """For which roles two-factor log-in is required."""

    required_roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLE_CHOICES))


def person_meant(request: Request) -> User:
    """Oneself, or whom `user` names, for who may change people; else they do not exist."""
    asked = request.query_params.get("user")
    me: Any = request.user
    if not asked or asked == me.get_username():
        found: User = me
        return found
    person = None if "\x00" in asked else User.objects.filter(username=asked).first()
    if person is None or not me.has_perm("agents.change_user") or not may_touch(me, person):
        raise Http404
    return person


class SessionsView(APIView):
    """Where somebody is logged in."""

    permission_classes: Any = (IsAuthenticated,)

    @extend_schema(parameters=[USER], responses=LogInSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The browsers in which somebody is logged in, last used first (at most a hundred)."""
        return Response(LogInSerializer(log_ins_of(person_meant(request)), many=True).data)

    @extend_schema(parameters=[USER], request=None, responses={200: EndedSerializer})
    def delete(self, request: Request) -> Response:
        """End all log-ins and API tokens, the one in use included."""
        person = person_meant(request)
        ended = person.end_access()
        note_sign_in(person, what=f"All log-ins and API tokens ended: {ended}")
        return Response({"ended": ended})


class TokensView(APIView):
    """Somebody's API tokens."""

    permission_classes: Any = (IsAuthenticated,)

    @extend_schema(parameters=[USER], responses=ApiTokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The API tokens that still work, newest first (at most a hundred)."""
        return Response(ApiTokenSerializer(tokens_of(person_meant(request)), many=True).data)


class TokenDetailView(APIView):
    """One API token."""

    permission_classes: Any = (IsAuthenticated,)

    @extend_schema(parameters=[USER], request=None, responses={204: None})
    def delete(self, request: Request, uuid: Any) -> Response:
        """Revoke it."""
        token = person_meant(request).auth_token_set.filter(uuid=uuid).first()
        if token is None:
            raise Http404
        token.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class InviteView(APIView):
    """Inviting somebody."""

    permission_classes: Any = (May,)
    needed = "agents.add_user"

    @extend_schema(
        request=InvitationSerializer,
        responses={201: MadeSerializer},
        examples=[
            OpenApiExample(
                "A new agent",
                value={"first_name": "Carol", "email": "carol@example.com", "role": ROLES[2]},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Make a link with which somebody new chooses a username and a password."""
        given = InvitationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = links.invite(made_by=request.user, **given.validated_data)
        return _told(made, made.link.email)


class PasswordLinkView(APIView):
    """A link for a new password."""

    permission_classes: Any = (May,)
    needed = "agents.change_user"

    @extend_schema(parameters=[USER], request=None, responses={201: MadeSerializer})
    def post(self, request: Request) -> Response:
        """Make a link with which somebody sets a new password."""
        person = person_meant(request)
        if not person.is_active:
            raise Http404
        note_sign_in(person, what="Link for a new password made")
        return _told(links.link_for_password(user=person, made_by=request.user), person.email)


class SecondFactorView(APIView):
    """Somebody's second factor."""

    permission_classes: Any = (May,)
    needed = "agents.change_user"

    @extend_schema(parameters=[USER], request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Reset it, for who has lost phone and recovery codes; 404 when there is none."""
        person = person_meant(request)
        # One's own is switched off with password and code, on one's own page.
        if person == request.user or not reset_second_factor(user=person):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class PolicyView(APIView):
    """What the installation asks of everybody who logs in."""

    permission_classes: Any = (May,)
    needed = "agents.change_signinpolicy"

    @extend_schema(responses=PolicySerializer)
    def get(self, request: Request) -> Response:
        """For which roles two-factor log-in is required."""
        return Response(PolicySerializer(second_factor.policy()).data)

    @extend_schema(
        request=PolicySerializer,
        responses=PolicySerializer,
        examples=[OpenApiExample("For administrators", value={"required_roles": [ROLES[0]]})],
    )
    def put(self, request: Request) -> Response:
        """Require it for these roles and no others."""
        given = PolicySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        changed = second_factor.require_for(roles=given.validated_data["required_roles"])
        return Response(PolicySerializer(changed).data)


def _told(made: links.Made, to: str) -> Response:
    made_known = {"address": made.address, "link": made.link, "is_e_mailed": letters.send(made, to=to)}
    return Response(MadeSerializer(made_known).data, status=status.HTTP_201_CREATED)
