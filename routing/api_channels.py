"""Channels over the API: whether each is used, and when its conversations are closed by themselves."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import mixins, serializers, viewsets

from routing.models import ChannelSetting


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "SMS, with conversations in Wrap-up closed after two hours",
            value={
                "channel": "sms",
                "is_enabled": True,
                "auto_close_open": 43200,
                "auto_close_active": None,
                "auto_close_wrap_up": 120,
                "blocked_extensions": "exe bat js svg",
            },
        )
    ]
)
class ChannelSerializer(serializers.ModelSerializer):
    """A channel. Limits are minutes in the state; null: never."""

    class Meta:
        model = ChannelSetting
        fields = [
            "channel",
            "is_enabled",
            "auto_close_open",
            "auto_close_active",
            "auto_close_wrap_up",
            "blocked_extensions",
        ]
        read_only_fields = ["channel"]


class ChannelViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, viewsets.GenericViewSet
):
    """Channels, by their name: `sms`. None is added or removed."""

    queryset = ChannelSetting.objects.order_by("id")
    serializer_class = ChannelSerializer
    lookup_field = "channel"
    lookup_value_regex = "[a-z]{1,16}"
