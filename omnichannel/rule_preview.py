"""What a routing rule would have done with last week's conversations, over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.hindsight import would_have
from routing.api_rules import EXAMPLE, RoutingRuleSerializer
from routing.api_rules import RoutingRuleViewSet as PlainRoutingRuleViewSet
from routing.models import RoutingRule
from routing.services import as_value


class PastSerializer(serializers.Serializer):
    """A conversation that the rule would have matched."""

    conversation = serializers.IntegerField(source="conversation_id")
    title = serializers.CharField()
    decided_at = serializers.DateTimeField()
    went_to = serializers.CharField(help_text="The queue it went to in truth.")
    reason = serializers.CharField()
    taken_by = serializers.CharField(
        allow_blank=True, help_text="The rule above it that would have won; empty when this one would have."
    )


class HindsightSerializer(serializers.Serializer):
    """Of the conversations of the last seven days; `is_bounded`: only the newest were looked at."""

    looked_at = serializers.IntegerField()
    is_bounded = serializers.BooleanField()
    matched = serializers.IntegerField(help_text="How many the rule is true of by itself.")
    won = serializers.IntegerField(help_text="How many it would have won at its position.")
    conversations = PastSerializer(source="listed", many=True, help_text="The newest of those it matches.")


class MayPreview(BasePermission):
    """Who changes rules and reads conversations."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """By both rights."""
        user: Any = request.user
        return bool(user.has_perms(["routing.change_routingrule", "conversations.view_conversation"]))


class RoutingRuleViewSet(PlainRoutingRuleViewSet):
    """Routing rule items. `position` is their order within a work stream; the first true one wins."""

    @extend_schema(request=RoutingRuleSerializer, responses=HindsightSerializer, examples=[EXAMPLE])
    @action(detail=False, methods=["post"], permission_classes=[MayPreview])
    def preview(self, request: Request, **_: Any) -> Response:
        """What a rule that is not saved would have done with last week's conversations. Nothing is stored."""
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        position = values.pop("position", None)
        if "condition" in values:
            values["condition"] = values["condition"].as_json()
        rule = RoutingRule(**values)
        user: Any = request.user
        found = would_have(
            user=user,
            work_stream=rule.work_stream,
            rule=as_value(rule),
            position=position,
            now=timezone.now(),
        )
        return Response(HindsightSerializer(found).data)
