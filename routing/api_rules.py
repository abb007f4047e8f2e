"""Routing rules over the API: their conditions as a tree, their order."""

from typing import Any

from django.conf import settings
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from omnichannel.lib.rest import ID, IdFilter
from routing import conditions_input
from routing.conditions import FIELDS, MATCHES, OPERATORS, Group
from routing.conditions_input import BadConditions, Faults, Path
from routing.models import RoutingRule, WorkStream
from routing.services import delete_rule, reorder_rules, save_rule

ROW = {
    "type": "object",
    "title": "Condition",
    "properties": {
        "field": {"type": "string", "enum": [name for name, _ in FIELDS]},
        "operator": {"type": "string", "enum": [name for name, _ in OPERATORS]},
        "value": {
            "type": "string",
            "description": "Not used by has_data and no_data; values of one_of and not_one_of have commas "
            "between.",
        },
    },
    "required": ["field", "operator"],
}
TREE = {
    "type": "array",
    "description": "Conditions, and groups of conditions. Groups can stand in groups, "
    f"{conditions_input.DEEPEST} deep; {conditions_input.MOST_CONDITIONS} conditions at most.",
    "items": {
        "oneOf": [
            ROW,
            {
                "type": "object",
                "title": "Group",
                "properties": {
                    "match": {"type": "string", "enum": [name for name, _ in MATCHES]},
                    "conditions": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["match", "conditions"],
            },
        ]
    },
}


def nested(faults: Faults, data: Any, path: Path = ()) -> dict[str, Any]:
    """The faults of a group in the form of what was sent: an object per item, empty where all is well."""
    told: dict[str, Any] = {part: [sentence] for part, sentence in faults.get(path, {}).items()}
    if "conditions" in told or not any(len(p) > len(path) and p[: len(path)] == path for p in faults):
        return told
    items = data.get("conditions", [])
    return {
        **told,
        "conditions": [
            nested(faults, item if isinstance(item, dict) else {}, (*path, n)) for n, item in enumerate(items)
        ],
    }


@extend_schema_field(TREE)
class ConditionsField(serializers.Field):
    """The items of a rule's outermost group; they are read together with `match`, by the serializer."""

    def to_internal_value(self, data: Any) -> Any:
        """Checked with the whole group."""
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is stored."""
        return value


class RoutingRuleSerializer(serializers.ModelSerializer):
    """A routing rule item. Conditions that are given replace all that there were."""

    work_stream = serializers.PrimaryKeyRelatedField(queryset=WorkStream.objects.filter(deleted_at=None))
    position = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="Its place among the work stream's rules, from 1. Those below it move down.",
    )
    match = serializers.ChoiceField(
        MATCHES, required=False, source="condition.match", help_text="Whether all or any must be true."
    )
    conditions = ConditionsField(required=False, source="condition.conditions")

    class Meta:
        model = RoutingRule
        fields = ["id", "work_stream", "position", "name", "description", "queue", "match", "conditions"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The condition as a whole, see conditions_input.read."""
        given = attrs.pop("condition", None)
        if given is None:
            return attrs
        before = self.instance.condition if isinstance(self.instance, RoutingRule) else {}
        data = {**before, **given}
        try:
            attrs["condition"] = conditions_input.read(data, region=settings.DEFAULT_PHONE_REGION)
        except BadConditions as error:
            raise serializers.ValidationError(nested(error.faults, data)) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> RoutingRule:
        """A new rule comes last unless its position is given."""
        return self._save(RoutingRule(), validated_data)

    def update(self, instance: RoutingRule, validated_data: dict[str, Any]) -> RoutingRule:
        """What is given changes."""
        return self._save(instance, validated_data)

    def _save(self, rule: RoutingRule, values: dict[str, Any]) -> RoutingRule:
        condition: Group | None = values.pop("condition", None)
        position: int | None = values.pop("position", None)
        for name, value in values.items():
            setattr(rule, name, value)
        return save_rule(rule, condition, position=position)


class RoutingRuleFilter(filters.FilterSet):
    """Of one work stream."""

    work_stream = IdFilter()

    class Meta:
        model = RoutingRule
        fields: list[str] = []


EXAMPLE = OpenApiExample(
    "All of a condition and a group",
    request_only=True,
    value={
        "work_stream": 1,
        "name": "Invoices of good customers",
        "queue": 2,
        "match": "all",
        "conditions": [
            {"field": "account.name", "operator": "has_data"},
            {
                "match": "any",
                "conditions": [
                    {"field": "first_message", "operator": "contains", "value": "invoice"},
                    {"field": "first_message", "operator": "contains", "value": "bill"},
                ],
            },
        ],
    },
)


@extend_schema(examples=[EXAMPLE])
class RoutingRuleViewSet(viewsets.ModelViewSet):
    """Routing rule items. `position` is their order within a work stream; the first true one wins."""

    queryset = RoutingRule.objects.filter(work_stream__deleted_at=None)
    serializer_class = RoutingRuleSerializer
    filterset_class = RoutingRuleFilter
    lookup_value_regex = ID

    def perform_destroy(self, instance: RoutingRule) -> None:
        """Those below it move up."""
        delete_rule(instance)


class RuleOrderSerializer(serializers.Serializer):
    """The ids of all rules of a work stream, from top to bottom."""

    rules = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=10**18), allow_empty=True, max_length=1000
    )


def order_of(work_stream: WorkStream) -> list[int]:
    """The ids in order."""
    return list(work_stream.rules.order_by("position", "id").values_list("id", flat=True))


def put_order(request: Request, work_stream: WorkStream) -> Response:
    """Order a stream's rules; raises Stale, which is answered with 409."""
    given = RuleOrderSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    ids = reorder_rules(work_stream=work_stream, ids=given.validated_data["rules"])
    return Response({"rules": ids})
