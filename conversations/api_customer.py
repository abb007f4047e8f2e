"""Who the customer of a conversation is, over the API."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from contacts.models import Contact


@extend_schema_serializer(
    examples=[OpenApiExample("And of later texts from the number", value={"contact": 1, "remember": True})]
)
class LinkSerializer(serializers.Serializer):
    """Whose conversation it is."""

    contact = serializers.PrimaryKeyRelatedField(queryset=Contact.objects.all())
    remember = serializers.BooleanField(
        default=False, help_text="The address becomes the contact's: later texts from it are recognised."
    )


class UnlinkSerializer(serializers.Serializer):
    """That it is nobody's for sure."""

    forget = serializers.BooleanField(
        default=False, help_text="The address is no longer the contact's either."
    )
