"""What is typed or chosen on the desk. Whether it is allowed is for the services to say."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property

from channels_app import templates
from channels_app.models import Number
from channels_app.models_whatsapp import ContentTemplate
from channels_app.outbox import Refused
from conversations.changes import locked
from conversations.later import check_time
from conversations.models import Message
from conversations.models_desk import Draft
from omnichannel.lib.localtimes import NoSuchTime, moment
from routing.models import Queue

REMEMBERED = 50
SENT_FORMS = "desk_sent_forms"
# Begins the names of the fields for a content template's variables.
VARIABLE = "v-"
LONGEST_VARIABLE = 1024
LONGEST_DRAFT = 50_000


def new_form_id() -> str:
    """A name for one form on one page."""
    return secrets.token_urlsafe(12)


class WriteForm(forms.Form):
    """A text, for the customer or for colleagues. `replaced`: other words of theirs, begun in another window,
    that are no longer kept.
    """

    text = forms.CharField(widget=forms.Textarea, error_messages={"required": "Write something first."})
    form_id = forms.CharField(max_length=32, widget=forms.HiddenInput, initial=new_form_id)
    replaced = ""

    def clean_text(self) -> str:
        """Browsers send line ends as CR LF; a text has LF, and one character fewer to count."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    @property
    def sentences(self) -> list[str]:
        """All that is wrong, in sentences."""
        return [str(message) for messages in self.errors.values() for message in messages]

    @property
    def typed(self) -> str:
        """What was typed, as it came; before that, what had been begun."""
        return str((self.data if self.is_bound else self.initial).get("text", ""))

    @property
    def sentence(self) -> str:
        """The first thing that is wrong, in a sentence; empty when nothing is."""
        return next((str(message) for messages in self.errors.values() for message in messages), "")


class MomentField(forms.CharField):
    """A date and a time on the person's clock; a moment, and in the future."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> Any:
        """The moment; None when nothing was chosen."""
        said = super().to_python(value)
        if not said:
            return None
        try:
            return moment(datetime.fromisoformat(said).replace(tzinfo=None), timezone.get_current_timezone())
        except NoSuchTime as error:
            raise forms.ValidationError(str(error)) from error
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError("Write date and time like 2026-11-24 09:00.") from error

    def validate(self, value: Any) -> None:
        """It can still be kept."""
        super().validate(value)
        if value:
            try:
                check_time(value, now=timezone.now())
            except Refused as error:
                raise forms.ValidationError(str(error)) from error


class LaterForm(forms.Form):
    """When a text shall leave, and whether it still should once the customer has written."""

    send_at = MomentField(error_messages={"required": "Choose date and time."})
    cancel_if_customer_writes = forms.BooleanField(required=False)

    @property
    def sentence(self) -> str:
        """What is wrong."""
        return next((str(message) for messages in self.errors.values() for message in messages), "")


class ReplyForm(WriteForm):
    """A text for the customer, with files or without; files alone will do. With `later`, at another time.

    `last_seen_seq` is the seq of the last message that the page showed.
    """

    text = forms.CharField(widget=forms.Textarea, required=False)
    last_seen_seq = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    newer: Sequence[Message] = ()

    @cached_property
    def later(self) -> LaterForm | None:
        """The time, when one was asked for."""
        return LaterForm(self.data) if "later" in self.data else None

    @property
    def not_before(self) -> datetime | None:
        """When it shall leave; None: now."""
        return self.later.cleaned_data["send_at"] if self.later else None

    @property
    def cancels(self) -> bool:
        """Whether it shall not leave once the customer has written."""
        return bool(self.later and self.later.cleaned_data["cancel_if_customer_writes"])

    @property
    def uploads(self) -> list[UploadedFile]:
        """The files, as they came. Whether they can be sent is for channels_app.attachments to say."""
        return self.files.getlist("files") if isinstance(self.files, MultiValueDict) else []

    def clean(self) -> dict[str, Any]:
        """Something has to be said."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("text") and not self.uploads:
            self.add_error("text", "Write something first.")
        if self.later and not self.later.is_valid():
            self.add_error(None, self.later.sentence)
        return cleaned


class TemplateForm(forms.Form):
    """A content template and what stands for its variables; with `chosen`, a field for each of them."""

    template = forms.ModelChoiceField(
        ContentTemplate.objects.none(),
        widget=forms.HiddenInput,
        error_messages={
            "required": "Choose a content template.",
            "invalid_choice": "This content template can no longer be sent. Choose another one.",
        },
    )
    form_id = forms.CharField(max_length=32, widget=forms.HiddenInput, initial=new_form_id)

    def __init__(
        self, *args: Any, number: Number, chosen: ContentTemplate | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        usable: Any = self.fields["template"]
        usable.queryset = templates.usable(number)
        self.variables = templates.names(chosen) if chosen else []
        for name in self.variables:
            self.fields[VARIABLE + name] = _variable(name, chosen)

    @property
    def variable_fields(self) -> list[forms.BoundField]:
        """The fields of the variables, in the order in which they are read."""
        return [self[VARIABLE + name] for name in self.variables]

    @property
    def values(self) -> dict[str, str]:
        """What was typed, by variable."""
        return {name: str(self.cleaned_data.get(VARIABLE + name, "")) for name in self.variables}

    def clean(self) -> dict[str, Any]:
        """What WhatsApp would refuse is said at its field."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        template = cleaned.get("template")
        if template is not None and not self.errors:
            try:
                templates.filled(template, self.values)
            except templates.WrongVariables as wrong:
                for name in wrong.names:
                    self.add_error(VARIABLE + name if name in self.variables else None, str(wrong))
        return cleaned


def _variable(name: str, template: ContentTemplate | None) -> forms.CharField:
    """One field; its example is the placeholder."""
    label = f"{{{{{name}}}}}"
    example = str(template.variables.get(name, "")) if template else ""
    attrs = {"placeholder": example[:80], "data-fills": name, "autocomplete": "off"}
    return forms.CharField(
        label=label,
        max_length=LONGEST_VARIABLE,
        widget=forms.TextInput(attrs=attrs),
        error_messages={"required": f"Fill in {label}."},
    )


class DraftForm(forms.Form):
    """What has been typed so far. `known`: the version of the draft that the page had."""

    kind = forms.ChoiceField(choices=Draft.Kind.choices)
    text = forms.CharField(required=False, strip=False, max_length=LONGEST_DRAFT)
    known = forms.CharField(required=False, max_length=40)
    form_id = forms.CharField(max_length=32)

    def clean_text(self) -> str:
        """As WriteForm has it."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


class TryAgainForm(forms.Form):
    """Names the delivery that was seen, so that a second press does not send a third text."""

    delivery = forms.IntegerField(min_value=1, max_value=10**18)


class TransferForm(forms.Form):
    """To which queue?"""

    queue = forms.ModelChoiceField(
        Queue.objects.none(),
        empty_label="Choose a queue",
        error_messages={"required": "Choose a queue.", "invalid_choice": "Choose another queue."},
    )

    def __init__(self, *args: Any, current: Queue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues: Any = self.fields["queue"]
        queues.queryset = Queue.objects.exclude(pk=current.pk).order_by("name", "id")


def once(
    session: SessionBase,
    form_id: str,
    *,
    conversation_id: int,
    do: Callable[[], object],
    is_sent: bool = True,
) -> bool:
    """Do something unless this very form was sent before (a double click, a reload); False when it was.

    What does not send the form (`is_sent`), like keeping its draft, may be done again.

    Both requests of a double click may run at the same moment, each with the session as it was: so the sent
    forms are read and written under the conversation's row lock. A form that was refused is not remembered.
    """
    with locked(conversation_id):
        stored = type(session)(session.session_key)
        sent = list(stored.get(SENT_FORMS, []))
        if form_id in sent:
            return False
        do()
        if is_sent:
            session[SENT_FORMS] = [*sent, form_id][-REMEMBERED:]
            session.save()
    return True


def last_sent(session: SessionBase) -> str:
    """The form that was sent last: the browser may forget its draft of that one."""
    return next(reversed(session.get(SENT_FORMS, [])), "")
