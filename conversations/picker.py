"""Choosing a content template on the desk: what is offered, what is chosen, what the customer would read."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from channels_app import templates
from channels_app.models import Number
from channels_app.models_whatsapp import ContentTemplate
from conversations.forms import VARIABLE, TemplateForm
from omnichannel.lib.ids import whole_number

MOST_OFFERED = 50
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Offer:
    """One template of the list."""

    id: int
    name: str
    language: str
    body: str
    is_chosen: bool


@dataclass(frozen=True)
class Part:
    """A stretch of a template's text: words, or (with `variable`) what stands for one."""

    text: str
    variable: str = ""
    is_filled: bool = True


@dataclass(frozen=True)
class Picker:
    """Everything the picker shows. `form` is that of the chosen template, if one is chosen."""

    find: str
    language: str
    languages: list[str]
    offers: list[Offer]
    has_more: bool
    chosen: ContentTemplate | None
    form: TemplateForm | None
    preview: list[Part]

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody is at it."""
        return bool(self.chosen or self.find or self.language)


def picker_of(number: Number, asked: Mapping[str, str], *, form: TemplateForm | None = None) -> Picker | None:
    """The picker for what stands in the address, or with a form that came back; None without any template.

    `asked`: find (words), language, template (id), and v-<name> for each variable.
    """
    usable = templates.usable(number)
    languages = list(usable.order_by("language").values_list("language", flat=True).distinct())
    if not languages:
        return None
    find = asked.get("find", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    language = asked.get("language", "") if asked.get("language", "") in languages else ""
    found = usable.filter(Q(name__icontains=find) | Q(body__icontains=find)) if find else usable
    if language:
        found = found.filter(language=language)
    rows = list(found[: MOST_OFFERED + 1])
    chosen = usable.filter(pk=whole_number(asked.get("template", "")) or 0).first()
    if chosen is not None and form is None:
        form = TemplateForm(number=number, chosen=chosen, initial=dict(asked.items()))
    return Picker(
        find=find,
        language=language,
        languages=languages,
        offers=[Offer(t.pk, t.name, t.language, t.body, t == chosen) for t in rows[:MOST_OFFERED]],
        has_more=len(rows) > MOST_OFFERED,
        chosen=chosen,
        form=form if chosen is not None else None,
        preview=parts_of(chosen, asked) if chosen is not None else [],
    )


def parts_of(template: ContentTemplate, values: Mapping[str, str]) -> list[Part]:
    """A template's text with what is known so far; what is missing stands there as {{name}}."""
    # Odd places are names: the pattern has one group.
    pieces = templates.PLACEHOLDER.split(template.body)
    parts = []
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            parts.append(Part(piece))
            continue
        value = values.get(f"{VARIABLE}{piece}", "").strip()
        parts.append(Part(value or f"{{{{{piece}}}}}", piece, bool(value)))
    return [part for part in parts if part.text]
