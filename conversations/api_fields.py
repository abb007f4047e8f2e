"""Fields that several serializers of this room use."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from omnichannel.lib.ids import whole_number
from routing.models import Queue


@extend_schema_field(OpenApiTypes.STR)
class QueueField(serializers.Field):
    """A queue by name, or by id (a whole number)."""

    default_error_messages = {"unknown": "There is no such queue.", "wrong": "Give a queue's name or id."}

    def to_internal_value(self, data: Any) -> Queue:
        """The queue; fails for what is neither text nor whole number."""
        if isinstance(data, bool) or not isinstance(data, int | str) or "\x00" in str(data):
            self.fail("wrong")
        found = Queue.objects.filter(name=data).first() if isinstance(data, str) else None
        if found is None and (pk := whole_number(str(data))) is not None:
            found = Queue.objects.filter(pk=pk).first()
        if found is None:
            self.fail("unknown")
        return found

    def to_representation(self, value: Queue) -> str:
        """Its name."""
        return value.name
