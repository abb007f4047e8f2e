"""What records are called on pages: in the documents' words, the same in the map, lists and forms."""

from typing import Any

from django import template

from contacts import masks
from omnichannel.names import NAMES, WHEN_EMPTY

register = template.Library()


@register.filter
def plural(opts: Any) -> str:
    """Several of this model: Work Streams."""
    name = str(opts.verbose_name_plural)
    return NAMES.get(opts.label, ("", name[:1].upper() + name[1:]))[1]


@register.filter
def singular(opts: Any) -> str:
    """One of this model: Work Stream."""
    name = str(opts.verbose_name)
    return NAMES.get(opts.label, (name[:1].upper() + name[1:], ""))[0]


@register.filter
def when_empty(opts: Any) -> str:
    """What the empty list of this model says."""
    return WHEN_EMPTY.get(opts.label, "")


@register.filter
def seen_by(text: Any, user: Any) -> str:
    """A text with customers' numbers masked for who may not see them."""
    return masks.shown(text or "", user=user)
