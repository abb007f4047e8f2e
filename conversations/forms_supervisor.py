"""What a supervisor chooses: to whom a conversation goes."""

from typing import Any

from django import forms

from conversations.models import Conversation
from conversations.supervising import Candidate, candidates
from routing.models import Queue


class AssignForm(forms.Form):
    """An agent or a queue, one of the two. `beyond`: although the agent would have too much."""

    agent = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Choose another agent: this one is not of the queue any more."},
    )
    queue = forms.ModelChoiceField(
        Queue.objects.none(),
        required=False,
        empty_label="Choose a queue",
        error_messages={"invalid_choice": "Choose another queue."},
    )
    beyond = forms.BooleanField(required=False)

    def __init__(self, conversation: Conversation, data: Any = None) -> None:
        super().__init__(data)
        self.conversation = conversation
        self.asks_beyond = False
        fields: Any = self.fields
        fields["agent"].choices = self._agents
        fields["queue"].queryset = Queue.objects.exclude(pk=conversation.queue_id).order_by("name", "id")

    def _agents(self) -> list[tuple[Any, str]]:
        return [("", "Choose an agent"), *((one.agent.pk, _words(one)) for one in self.candidates)]

    @property
    def candidates(self) -> list[Candidate]:
        """Who can be chosen; asked once."""
        if not hasattr(self, "_candidates"):
            self._candidates = candidates(self.conversation)
        return self._candidates

    @property
    def chosen(self) -> Candidate:
        """The agent of a form that is valid and names one."""
        return next(one for one in self.candidates if one.agent.pk == self.cleaned_data["agent"])

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned.get("agent")) == bool(cleaned.get("queue")):
            self.add_error(None, "Choose an agent or a queue.")
        return cleaned


def _words(candidate: Candidate) -> str:
    return f"{candidate.agent} · {candidate.words}{'' if candidate.fits else ' · too much'}"
