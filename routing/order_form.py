"""The order of a stream's rules as a field of its form: a number beside each rule, stored with the form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from omnichannel.lib.ids import whole_numbers
from routing.models import WorkStream
from routing.order import BadPlaces, arranged
from routing.rule_list import rule_items_in_form
from routing.services import Stale, check_order, ids_in_order


@dataclass(frozen=True)
class Typed:
    """What came back: the order that the person looked at, and the number typed beside each."""

    seen: list[int]
    places: dict[int, str]

    @property
    def is_changed(self) -> bool:
        """Whether they ordered anything."""
        return any(self.places[pk].strip() != str(place) for place, pk in enumerate(self.seen, start=1))


@dataclass(frozen=True)
class NewOrder:
    """What to store: the ids from top to bottom, and the order that the person looked at."""

    ids: list[int]
    seen: list[int]


class RuleOrderWidget(forms.Widget):
    """The rules of `stream` with their numbers; works without scripts, rules.js lets them be dragged."""

    stream: WorkStream

    def id_for_label(self, id_: str) -> str:
        """There is not one field to label."""
        return ""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Typed | None:
        """None when the rules were not on the page that was sent."""
        if f"{name}-seen" not in data:
            return None
        seen = whole_numbers(str(data[f"{name}-seen"]))
        return Typed(
            seen, {pk: str(data.get(f"{name}-{pk}", place)) for place, pk in enumerate(seen, start=1)}
        )

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """See value_from_datadict."""
        return f"{name}-seen" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """As it was typed, unless the rules are others meanwhile: then as they are."""
        if value is None or value.seen != ids_in_order(self.stream):
            return rule_items_in_form(self.stream, name=name)
        try:
            return rule_items_in_form(self.stream, name=name, order=arranged(value.seen, value.places))
        except BadPlaces:
            return rule_items_in_form(self.stream, name=name, typed=value.places)


class RuleOrderField(forms.Field):
    """Cleans to a NewOrder, or None when nothing was ordered. Stored by services.reorder_rules."""

    widget = RuleOrderWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def of(self, stream: WorkStream) -> None:
        """Whose rules these are."""
        self.stream = self.widget.stream = stream

    def clean(self, value: Typed | None) -> NewOrder | None:
        """Says what makes no order, and when the rules are others than the person saw."""
        if value is None or not value.is_changed:
            return None
        try:
            ids = arranged(value.seen, value.places)
            check_order(work_stream=self.stream, ids=ids, seen=value.seen)
        except (BadPlaces, Stale) as error:
            raise ValidationError(str(error)) from None
        return NewOrder(ids, value.seen)

    def has_changed(self, initial: object, data: Any) -> bool:
        """Whether anything was ordered."""
        return data is not None and data.is_changed
