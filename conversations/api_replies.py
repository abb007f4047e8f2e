"""What is written to a customer over the API: text and files, or a content template."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from channels_app.media_rules import MOST_AT_ONCE
from channels_app.models_whatsapp import ContentTemplate
from channels_app.outbox import Refused
from conversations.later import check_time
from omnichannel.lib.ids import whole_number

# Far above what any channel carries; channels_app.gate says what one does.
LONGEST_TEXT = 20_000
LONGEST_VARIABLE = 1_000


@extend_schema_field(OpenApiTypes.STR)
class TemplateField(serializers.Field):
    """A content template by its Content SID, or by id (a whole number)."""

    default_error_messages = {
        "unknown": "There is no such content template.",
        "wrong": "Give a content template's SID or id.",
    }

    def to_internal_value(self, data: Any) -> ContentTemplate:
        """The template; fails for what is neither text nor whole number."""
        if isinstance(data, bool) or not isinstance(data, int | str) or "\x00" in str(data):
            self.fail("wrong")
        pk = whole_number(str(data))
        wanted = {"external_id": data} if pk is None else {"pk": pk}
        found = ContentTemplate.objects.filter(**wanted).order_by("-id").first()
        if found is None:
            self.fail("unknown")
        return found

    def to_representation(self, value: ContentTemplate) -> str:
        """Its Content SID."""
        return value.external_id


class VariablesField(serializers.DictField):
    """Name to value; in a form each is a field of its own: `variables.name`."""

    def get_value(self, dictionary: Any) -> Any:
        """What was sent under this very name as well, so that it is refused and not passed over."""
        return dictionary[self.field_name] if self.field_name in dictionary else super().get_value(dictionary)


class ReplySerializer(serializers.Serializer):
    """A text to the customer; or a content template and its variables (name to value)."""

    text = serializers.CharField(
        max_length=LONGEST_TEXT, trim_whitespace=False, required=False, allow_blank=True
    )
    template = TemplateField(required=False)
    variables = VariablesField(child=serializers.CharField(max_length=LONGEST_VARIABLE), required=False)
    not_before = serializers.DateTimeField(
        required=False, help_text="Send it later, within 90 days. It can be taken back until then."
    )
    cancel_if_customer_writes = serializers.BooleanField(
        required=False, help_text="With not_before: not at all if the customer writes before."
    )
    last_seen_seq = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=10**9,
        help_text="The last message that was looked at: when there is a newer one, 409 and nothing is sent.",
    )

    def validate_not_before(self, not_before: datetime) -> datetime:
        """In the future, and not too far."""
        try:
            check_time(not_before, now=timezone.now())
        except Refused as error:
            raise serializers.ValidationError(str(error)) from error
        return not_before

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One of the two, and variables only with a template."""
        if "template" in values and values.get("text"):
            raise serializers.ValidationError({"text": ["A content template takes no text of one's own."]})
        if not values.keys() & {"template", "text"} and not values.get("files"):
            raise serializers.ValidationError({"text": ["Write something, or name a content template."]})
        if "template" not in values and values.get("variables"):
            raise serializers.ValidationError({"variables": ["They belong to a content template: name it."]})
        return values


class FilesReplySerializer(ReplySerializer):
    """A reply with pictures and files: multipart/form-data, `files` repeated. The text may be left out."""

    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), required=False, max_length=MOST_AT_ONCE
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """As without; and a template takes no files."""
        if "template" in values and values.get("files"):
            raise serializers.ValidationError({"files": ["A content template takes no files."]})
        return super().validate(values)
