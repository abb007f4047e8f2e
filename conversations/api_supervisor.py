"""Supervisors' commands over the API."""

from typing import Any

from rest_framework import serializers

from agents.api import AgentField
from conversations.api_fields import QueueField


class AssignSerializer(serializers.Serializer):
    """An agent or a queue, one of the two."""

    agent = AgentField(required=False)
    queue = QueueField(required=False)
    beyond_capacity = serializers.BooleanField(
        default=False, help_text="Assign although the agent would have more than their capacity."
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Not both, not none."""
        if ("agent" in values) == ("queue" in values):
            raise serializers.ValidationError({"agent": ["Name an agent or a queue."]})
        return values
