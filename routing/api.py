"""Routing over the API: work streams, queues, rules, and the agents with their queues."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api import AgentField, AgentSerializer
from agents.models import Agent
from omnichannel.lib.ids import whole_number
from omnichannel.lib.rest import ID
from routing.api_rules import RuleOrderSerializer, order_of, put_order
from routing.channels import NotEnabled, check_enabled
from routing.models import EIGHT_HOURS_MIN, Channel, Queue, WorkStream
from routing.services import default_queue, delete_queue, members_of, retire_work_stream, set_members

TOO_SHORT = f"For SMS, choose eight hours ({EIGHT_HOURS_MIN} minutes) or more."


def in_use() -> QuerySet[WorkStream]:
    """Work streams that are not retired."""
    return WorkStream.objects.filter(deleted_at=None)


class WorkStreamSerializer(serializers.ModelSerializer):
    """One way for work to come in."""

    class Meta:
        model = WorkStream
        fields = [
            "id",
            "name",
            "channel",
            "capacity",
            "auto_close_after_inactivity",
            "work_distribution_mode",
            "status",
        ]
        extra_kwargs = {"auto_close_after_inactivity": {"error_messages": {"min_value": TOO_SHORT}}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A new stream is of a channel that is enabled, and keeps it."""
        was = self.instance.channel if isinstance(self.instance, WorkStream) else None
        channel = attrs.get("channel", was or Channel.SMS)
        if was is not None and channel != was:
            raise serializers.ValidationError(
                {"channel": ["The channel of a work stream cannot be changed."]}
            )
        try:
            if was is None:
                check_enabled(channel)
        except NotEnabled as error:
            raise serializers.ValidationError({"channel": [str(error)]}) from error
        return attrs


@extend_schema_field(OpenApiTypes.STR)
class WorkStreamField(serializers.RelatedField):
    """A work stream in use by name, or by id (a whole number)."""

    default_error_messages = {
        "unknown": "There is no work stream {value}.",
        "wrong": "Give names or ids of work streams.",
    }

    def __init__(self, **options: Any) -> None:
        if not options.get("read_only"):
            options.setdefault("queryset", in_use())
        super().__init__(**options)

    def to_representation(self, value: Any) -> str:
        """Its name."""
        return str(value.name)

    def to_internal_value(self, data: Any) -> WorkStream:
        """The stream; fails for what is neither text nor whole number."""
        if isinstance(data, bool) or not isinstance(data, int | str) or "\x00" in str(data):
            self.fail("wrong")
        found = in_use().filter(name=data).first() if isinstance(data, str) else None
        if found is None and (pk := whole_number(str(data))) is not None:
            found = in_use().filter(pk=pk).first()
        if found is None:
            self.fail("unknown", value=data)
        return found


class MayOrderRules(BasePermission):
    """Who may read rules reads their order; who may change them changes it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """By the right to the rules, not to the stream."""
        action = "view" if request.method in {"GET", "HEAD", "OPTIONS"} else "change"
        return bool(request.user.has_perm(f"routing.{action}_routingrule"))


class WorkStreamViewSet(viewsets.ModelViewSet):
    """Work streams. Deleting takes one out of use; its history stays."""

    queryset = in_use()
    serializer_class = WorkStreamSerializer
    lookup_value_regex = ID

    def perform_destroy(self, instance: WorkStream) -> None:
        """Retire it."""
        retire_work_stream(instance)

    @extend_schema(
        request=RuleOrderSerializer,
        responses=RuleOrderSerializer,
        examples=[OpenApiExample("Three rules", value={"rules": [12, 10, 11]})],
    )
    @action(
        detail=True, methods=["get", "put", "post"], url_path="rule-order", permission_classes=[MayOrderRules]
    )
    def rule_order(self, request: Request, **_: Any) -> Response:
        """The order of the routing rule items; a list of other rules than there are is answered 409."""
        stream = self.get_object()
        if request.method == "GET":
            return Response({"rules": order_of(stream)})
        return put_order(request, stream)


class QueueSerializer(serializers.ModelSerializer):
    """A team's work. `members` are usernames; ids are understood as well."""

    members = AgentField(many=True, required=False)

    class Meta:
        model = Queue
        fields = ["id", "name", "priority", "is_default", "members"]
        read_only_fields = ["is_default"]

    def to_representation(self, instance: Queue) -> dict[str, Any]:
        """The Default queue's members are everybody."""
        shown: dict[str, Any] = super().to_representation(instance)
        if instance.is_default:
            shown["members"] = [agent.user.get_username() for agent in members_of(instance)]
        return shown

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The Default queue's members are not chosen."""
        queue = self.instance
        if isinstance(queue, Queue) and queue.is_default and "members" in attrs:
            raise serializers.ValidationError({"members": ["Everybody is a member of the Default queue."]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Queue:
        """The queue, then its members."""
        members = validated_data.pop("members", [])
        queue: Queue = super().create(validated_data)
        set_members(queue, members)
        return queue

    def update(self, instance: Queue, validated_data: dict[str, Any]) -> Queue:
        """Its fields, then its members when they are given."""
        members = validated_data.pop("members", None)
        queue: Queue = super().update(instance, validated_data)
        if members is not None:
            set_members(queue, members)
        return queue


class QueueViewSet(viewsets.ModelViewSet):
    """Queues, the Default queue among them."""

    queryset = Queue.objects.prefetch_related("members__user")
    serializer_class = QueueSerializer
    lookup_value_regex = ID

    def perform_update(self, serializer: serializers.BaseSerializer) -> None:
        """Who may choose members only, says nothing else."""
        may_all = self.request.user.has_perm("routing.add_queue")
        if not may_all and serializer.validated_data.keys() - {"members"}:
            raise PermissionDenied("Your role may change a queue's members only.")
        serializer.save()

    def perform_destroy(self, instance: Queue) -> None:
        """Raises Protected, which is answered with 409."""
        delete_queue(instance)


class AgentWithQueuesSerializer(AgentSerializer):
    """A seat at the desk with the names of its queues."""

    queues = serializers.SerializerMethodField()

    class Meta(AgentSerializer.Meta):
        fields = [*AgentSerializer.Meta.fields, "queues"]

    def get_queues(self, agent: Agent) -> list[str]:
        """Everybody is a member of the Default queue."""
        mine = {queue.name for queue in agent.queues.all()}
        return sorted(mine | {self.context["default_queue"]})


class AgentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, viewsets.GenericViewSet
):
    """Agents. They come and go with their logins (administration); here their capacity changes."""

    queryset = Agent.objects.select_related("user").prefetch_related("user__groups", "queues")
    serializer_class = AgentWithQueuesSerializer
    lookup_value_regex = ID

    def get_serializer_context(self) -> dict[str, Any]:
        """With the Default queue's name, read once."""
        is_schema = getattr(self, "swagger_fake_view", False)
        return {
            **super().get_serializer_context(),
            "default_queue": "" if is_schema else default_queue().name,
        }
