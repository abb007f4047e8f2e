"""Conditions as a part of any form: rows and groups that people add and delete, with or without JavaScript.

A form with a ConditionsField takes part in two ways: it is posted as a whole, and the builder's own buttons
(Add condition, Add group, Delete) post it to be shown again with that change and all that was typed; see
EditingMixin. The value is the JSON that routing.conditions.from_json reads.
"""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from routing import conditions_input
from routing.conditions import (
    FIELDS,
    LISTS,
    MATCHES,
    OPERATORS,
    PHONE_FIELDS,
    WITHOUT_VALUE,
    Condition,
    Group,
)
from routing.conditions_input import DEEPEST, BadConditions, Faults, Path
from routing.wording import sentence

MOST_ITEMS = 60  # rows of one group that are read from a form; more than may be saved
COMMAND = re.compile(r"(add|group|delete|refresh):((?:\d{1,2}(?:-\d{1,2}){0,4})?)", re.ASCII)
BLANK = {"field": "", "operator": "equals", "value": ""}


class Typed(dict):
    """A group as it was typed. `is_editing`: one of the builder's buttons was used; nothing is to be checked.

    `focus` is where the person goes on: the new row, or the group of what was deleted.
    """

    is_editing = False
    focus: Path | None = None


# --- from the form --------------------------------------------------------------------------------


def typed_group(data: Any, name: str) -> Typed:
    """What stands in the form's rows, after what the button that was used asks for."""
    group = Typed(_group(data, name, depth=1))
    match = COMMAND.fullmatch(data.get(f"{name}-do", ""))
    if match:
        group.is_editing = True
        path = tuple(int(step) for step in match[2].split("-") if step)
        group.focus = _change(group, match[1], path)
    return group


def _group(data: Any, prefix: str, *, depth: int) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    for n in range(MOST_ITEMS):
        at = f"{prefix}-{n}"
        if f"{at}-match" in data and depth <= DEEPEST:
            items.append(_group(data, at, depth=depth + 1))
        elif f"{at}-field" in data:
            items.append({part: data.get(f"{at}-{part}", "") for part in BLANK})
    return {"match": data.get(f"{prefix}-match", "all"), "conditions": items}


def _change(root: dict[str, Any], command: str, path: Path) -> Path | None:
    """Add to the group at `path`, or delete the item there; returns where to go on."""
    holder = path[:-1] if command == "delete" else path
    group: Any = root
    for step in holder:
        items = group.get("conditions", [])
        if step >= len(items) or "conditions" not in items[step]:
            return None
        group = items[step]
    items = group["conditions"]
    if command == "delete" and path and path[-1] < len(items):
        del items[path[-1]]
        return holder
    if command == "add" and len(items) < MOST_ITEMS:
        items.append(dict(BLANK))
        return (*path, len(items) - 1)
    if command == "group" and len(path) + 1 < DEEPEST and len(items) < MOST_ITEMS:
        items.append({"match": "any", "conditions": [dict(BLANK)]})
        return (*path, len(items) - 1, 0)
    return None


def without_blank_rows(group: dict[str, Any]) -> dict[str, Any]:
    """Without the rows in which nothing was chosen or typed."""
    items = [without_blank_rows(i) if "conditions" in i else i for i in group.get("conditions", [])]
    return {**group, "conditions": [i for i in items if "conditions" in i or i["field"] or i["value"]]}


# --- onto the page --------------------------------------------------------------------------------


class ConditionsWidget(forms.Widget):
    """Rows of field, operator and value; below them, the same as a sentence."""

    template_name = "admin/routing/_conditions.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed | None:
        """What was typed; None when the form has no builder in it."""
        if f"{name}-match" not in data:
            return None
        typed = typed_group(data, name)
        if typed.is_editing:
            return typed
        return Typed(without_blank_rows(typed))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the form came without the builder."""
        return f"{name}-match" not in data

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """By the project's templates."""
        data = value if isinstance(value, dict) else {"match": "all", "conditions": []}
        faults = _faults(data) if isinstance(data, Typed) and not data.is_editing else {}
        shown = data
        if not data["conditions"] and not getattr(data, "is_editing", False):
            shown = {**data, "conditions": [dict(BLANK)]}
        group = _shown_group(name, shown, (), faults, getattr(data, "focus", None))
        context = {"name": name, "group": group, "sentence": sentence(as_typed(data)), "matches": MATCHES}
        return render_to_string(
            self.template_name, {**context, "fields": FIELDS, "operators": OPERATORS, "attrs": attrs or {}}
        )

    def id_for_label(self, id_: str) -> str:
        """A builder is a group of inputs: its label stands for none of them."""
        return ""

    def use_required_attribute(self, initial: Any) -> bool:
        """No."""
        return False


def _faults(data: dict[str, Any]) -> Faults:
    try:
        conditions_input.read(data, region=settings.DEFAULT_PHONE_REGION)
    except BadConditions as error:
        return error.faults
    return {}


def _shown_group(
    name: str, data: dict[str, Any], path: Path, faults: Faults, focus: Path | None
) -> dict[str, Any]:
    items = [
        _shown_group(name, item, (*path, n), faults, focus)
        if "conditions" in item
        else _shown_row(name, item, (*path, n), faults, focus)
        for n, item in enumerate(data["conditions"])
    ]
    return {
        **_place(name, path),
        "is_group": True,
        "match": data["match"],
        "items": items,
        "joint": "or" if data["match"] == "any" else "and",
        "faults": list(faults.get(path, {}).values()),
        "may_nest": len(path) + 1 < DEEPEST,
        "has_focus": focus == path,
    }


def _shown_row(
    name: str, row: dict[str, Any], path: Path, faults: Faults, focus: Path | None
) -> dict[str, Any]:
    return {
        **_place(name, path),
        **row,
        "faults": dict(faults.get(path, {})),
        "is_phone": row["field"] in PHONE_FIELDS,
        "is_list": row["operator"] in LISTS,
        "is_without_value": row["operator"] in WITHOUT_VALUE,
        "has_focus": focus == path,
    }


def _place(name: str, path: Path) -> dict[str, str]:
    steps = "-".join(map(str, path))
    said = ".".join(str(step + 1) for step in path)
    return {"prefix": f"{name}-{steps}" if steps else name, "steps": steps, "number": said}


def as_typed(data: dict[str, Any]) -> Group:
    """A group from what was typed so far, for the sentence: unchecked, without what is empty."""
    items = [
        as_typed(item) if "conditions" in item else Condition(item["field"], item["operator"], item["value"])
        for item in without_blank_rows(data)["conditions"]
    ]
    return Group(str(data["match"]), tuple(i for i in items if isinstance(i, Condition) or i.items))


# --- the field and the form -----------------------------------------------------------------------


class ConditionsField(forms.Field):
    """A tree of conditions; cleaned to the JSON that is stored."""

    widget = ConditionsWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, **options})

    def clean(self, value: Any) -> dict[str, Any]:
        """Raises ValidationError; the widget then says at each row what to mend."""
        if value is None:
            raise ValidationError("The conditions are missing: load the page again.")
        try:
            return conditions_input.read(value, region=settings.DEFAULT_PHONE_REGION).as_json()
        except BadConditions as error:
            raise ValidationError("Mend the conditions that are marked below.") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether it says something else."""
        if data is None:
            return False
        try:
            return bool(self.clean(data) != initial)
        except ValidationError:
            return True


class EditingMixin:
    """For a form with a ConditionsField: the builder's buttons show it again, unchecked and unsaved."""

    data: Any
    fields: Any
    add_prefix: Any

    @property
    def is_editing(self) -> bool:
        """Whether one of the builder's buttons was used."""
        builders = [name for name, field in self.fields.items() if isinstance(field, ConditionsField)]
        return any(f"{self.add_prefix(name)}-do" in self.data for name in builders)

    def full_clean(self) -> None:
        """Nothing is checked while conditions are being added."""
        if not self.is_editing:
            super().full_clean()  # type: ignore[misc]
            return
        self._errors = forms.utils.ErrorDict()
        self.cleaned_data: dict[str, Any] = {}

    def is_valid(self) -> bool:
        """Never while conditions are being added."""
        return not self.is_editing and bool(super().is_valid())  # type: ignore[misc]
