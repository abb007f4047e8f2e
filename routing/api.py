"""Routing over the API: work streams, queues, rules, and the agents with their queues."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import PermissionDenied

from agents.api import AgentField, AgentSerializer
from agents.models import Agent
from omnichannel.lib.rest import ID, IdFilter
from routing.models import EIGHT_HOURS_MIN, Queue, RoutingCondition, RoutingRule, WorkStream
from routing.rules import Condition
from routing.services import (
    BadCondition,
    clean_condition,
    default_queue,
    delete_queue,
    members_of,
    retire_work_stream,
    save_rule,
    set_members,
)

MOST_CONDITIONS = 50
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
        ]
        extra_kwargs = {"auto_close_after_inactivity": {"error_messages": {"min_value": TOO_SHORT}}}


class WorkStreamViewSet(viewsets.ModelViewSet):
    """Work streams. Deleting takes one out of use; its history stays."""

    queryset = in_use()
    serializer_class = WorkStreamSerializer
    lookup_value_regex = ID

    def perform_destroy(self, instance: WorkStream) -> None:
        """Retire it."""
        retire_work_stream(instance)


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


class ConditionSerializer(serializers.ModelSerializer):
    """One row of a rule."""

    value = serializers.CharField(max_length=200, allow_blank=True, default="")

    class Meta:
        model = RoutingCondition
        fields = ["field", "operator", "value"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """See routing.services.clean_condition. Rows are whole even when the rule is changed in part."""
        if missing := {"field", "operator"} - attrs.keys():
            raise serializers.ValidationError({name: ["This field is required."] for name in missing})
        attrs = {"value": "", **attrs}
        try:
            cleaned = clean_condition(Condition(**attrs))
        except BadCondition as error:
            raise serializers.ValidationError({"value": [str(error)]}) from error
        return {**attrs, "value": cleaned.value}


class RoutingRuleSerializer(serializers.ModelSerializer):
    """A routing rule item. Conditions that are given replace all that there were."""

    work_stream = serializers.PrimaryKeyRelatedField(queryset=in_use())
    position = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    conditions = ConditionSerializer(many=True, required=False, max_length=MOST_CONDITIONS)  # type: ignore[call-arg]

    class Meta:
        model = RoutingRule
        fields = ["id", "work_stream", "position", "name", "description", "queue", "match", "conditions"]

    def create(self, validated_data: dict[str, Any]) -> RoutingRule:
        """A new rule comes last unless its position is given."""
        return self._save(RoutingRule(position=0), {"conditions": [], **validated_data})

    def update(self, instance: RoutingRule, validated_data: dict[str, Any]) -> RoutingRule:
        """What is given changes."""
        return self._save(instance, validated_data)

    def _save(self, rule: RoutingRule, values: dict[str, Any]) -> RoutingRule:
        rows = values.pop("conditions", None)
        for name, value in values.items():
            setattr(rule, name, value)
        save_rule(rule, None if rows is None else [Condition(**row) for row in rows])
        return RoutingRule.objects.prefetch_related("conditions").get(pk=rule.pk)


class RoutingRuleFilter(filters.FilterSet):
    """Of one work stream."""

    work_stream = IdFilter()

    class Meta:
        model = RoutingRule
        fields: list[str] = []


class RoutingRuleViewSet(viewsets.ModelViewSet):
    """Routing rule items. `position` is their order within a work stream; the first true one wins."""

    queryset = RoutingRule.objects.filter(work_stream__deleted_at=None).prefetch_related(
        Prefetch("conditions", RoutingCondition.objects.order_by("id"))
    )
    serializer_class = RoutingRuleSerializer
    filterset_class = RoutingRuleFilter
    lookup_value_regex = ID


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
