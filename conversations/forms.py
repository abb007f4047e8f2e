"""What is typed or chosen on the desk. Whether it is allowed is for the services to say."""

import secrets
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.sessions.backends.base import SessionBase

from conversations.changes import locked
from routing.models import Queue

REMEMBERED = 50
SENT_FORMS = "desk_sent_forms"


def new_form_id() -> str:
    """A name for one form on one page."""
    return secrets.token_urlsafe(12)


class WriteForm(forms.Form):
    """A text, for the customer or for colleagues."""

    text = forms.CharField(widget=forms.Textarea, error_messages={"required": "Write something first."})
    form_id = forms.CharField(max_length=32, widget=forms.HiddenInput, initial=new_form_id)

    def clean_text(self) -> str:
        """Browsers send line ends as CR LF; a text has LF, and one character fewer to count."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    @property
    def typed(self) -> str:
        """What was typed, as it came."""
        return str(self.data.get("text", ""))

    @property
    def sentence(self) -> str:
        """The first thing that is wrong, in a sentence; empty when nothing is."""
        return next((str(message) for messages in self.errors.values() for message in messages), "")


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


def once(session: SessionBase, form_id: str, *, conversation_id: int, do: Callable[[], object]) -> bool:
    """Do something unless this very form was sent before (a double click, a reload); False when it was.

    Both requests of a double click may run at the same moment, each with the session as it was: so the sent
    forms are read and written under the conversation's row lock. A form that was refused is not remembered.
    """
    with locked(conversation_id):
        stored = type(session)(session.session_key)
        sent = list(stored.get(SENT_FORMS, []))
        if form_id in sent:
            return False
        do()
        session[SENT_FORMS] = [*sent, form_id][-REMEMBERED:]
        session.save()
    return True


def last_sent(session: SessionBase) -> str:
    """The form that was sent last: the browser may forget its draft of that one."""
    return next(reversed(session.get(SENT_FORMS, [])), "")
