"""Quick replies as they are typed: everybody's in administration, one's own on the desk."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from agents.models import User
from conversations import quick_replies
from conversations.models_quick_replies import QuickReply
from omnichannel.lib import slugs

LONGEST_TAGS = 1000


class TagsField(forms.CharField):
    """Words with commas between; cleaned, a list of tag names."""

    def __init__(self, **options: Any) -> None:
        usual = {
            "label": "Tags",
            "required": False,
            "max_length": LONGEST_TAGS,
            "help_text": "Words with commas between. Typed with # before them, they find it.",
        }
        super().__init__(**{**usual, **options})

    def prepare_value(self, value: Any) -> Any:
        """Names as they are typed."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The names; raises ValidationError."""
        return quick_replies.tag_names(super().clean(value))


class MessageField(forms.CharField):
    """Several lines; browsers send their ends as CR LF, a text has LF."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """The text with its own line ends."""
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class QuickReplyForm(forms.ModelForm):
    """What is said, where and to whom it is offered."""

    message = MessageField(
        max_length=1600,
        validators=QuickReply._meta.get_field("message").validators,
        help_text=f"These are filled in when it is inserted: {' '.join(slugs.KNOWN)}",
    )
    tag_names = TagsField()

    class Meta:
        model = QuickReply
        fields: tuple[str, ...] = ("title", "locale", "message", "work_streams")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            names: Iterable[str] = self.instance.tags.order_by("name").values_list("name", flat=True)
            self.initial.setdefault("tag_names", list(names))

    def clean(self) -> dict[str, Any]:
        """Nobody has two of a title in a locale."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "title" in data and "locale" in data:
            quick_replies.check_free(
                title=data["title"],
                locale=data["locale"],
                owner=self.instance.owner,
                but=self.instance.pk,
            )
        return data


class PersonalQuickReplyForm(QuickReplyForm):
    """One's own: offered in all work streams."""

    class Meta(QuickReplyForm.Meta):
        fields = ("title", "locale", "message")

    def __init__(self, *args: Any, owner: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instance.owner = owner
        if not self.instance.pk:
            self.initial.setdefault("locale", owner.locale)
        self.fields["message"].widget.attrs["rows"] = 5

    def store(self) -> QuickReply | None:
        """Keep it; None when its title was taken a moment ago, which the form then says."""
        reply: QuickReply = self.instance
        try:
            return quick_replies.save(reply, tags=self.cleaned_data["tag_names"])
        except ValidationError as error:
            self.add_error(None, error)
            return None


class EditTagsForm(forms.Form):
    """Tags for several quick replies at once."""

    add = TagsField(label="Add tags", help_text="Words with commas between.")
    remove = TagsField(label="Remove tags", help_text="Words with commas between.")

    def clean(self) -> dict[str, Any]:
        """Something has to be done, and not its contrary."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        add, remove = set(data.get("add", [])), set(data.get("remove", []))
        if not self.errors and not add | remove:
            self.add_error("add", "Write tags to add or to remove.")
        if both := add & remove:
            self.add_error(
                "remove", f"To be added as well: {', '.join(sorted(both))}. Leave out one of them."
            )
        return data
