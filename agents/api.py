"""People over the API: who may use it, and the agents."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from agents.forms import LARGEST_CAPACITY
from agents.models import Agent
from agents.roles import role_of


class HasRole(BasePermission):
    """Whoever has a role; what they see is decided elsewhere (conversations.access)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True for people with a role."""
        return bool(request.user.is_authenticated and role_of(request.user))


class AgentSerializer(serializers.ModelSerializer):
    """A seat at the desk."""

    username = serializers.CharField(source="user.username", read_only=True)
    name = serializers.CharField(source="__str__", read_only=True)
    role = serializers.SerializerMethodField()
    capacity = serializers.IntegerField(min_value=0, max_value=LARGEST_CAPACITY)

    class Meta:
        model = Agent
        fields = ["id", "username", "name", "role", "capacity"]

    def get_role(self, agent: Agent) -> str:
        """The name of the role, empty for none."""
        return role_of(agent.user)


@extend_schema_field(OpenApiTypes.STR)
class AgentField(serializers.RelatedField):
    """An agent by username, or by id (a whole number)."""

    default_error_messages = {"unknown": "There is no agent {value}.", "wrong": "Give usernames or ids."}

    def __init__(self, **options: Any) -> None:
        if not options.get("read_only"):
            options.setdefault("queryset", Agent.objects.all())
        super().__init__(**options)

    def to_representation(self, value: Any) -> str:
        """The username."""
        return str(value.user.get_username())

    def to_internal_value(self, data: Any) -> Agent:
        """The agent; fails for what is neither text nor whole number."""
        if isinstance(data, bool) or not isinstance(data, int | str) or "\x00" in str(data):
            self.fail("wrong")
        wanted = {"pk": data} if isinstance(data, int) else {"user__username": data}
        found = Agent.objects.select_related("user").filter(**wanted).first()
        if found is None:
            self.fail("unknown", value=data)
        return found
