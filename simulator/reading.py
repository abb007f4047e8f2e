"""Reading a configuration: dataclasses from JSON objects, with a sentence for whatever cannot be used."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Model = TypeVar("Model", bound=DataclassInstance)

E164 = re.compile(r"\+[1-9]\d{6,14}")


class ConfigError(Exception):
    """The configuration cannot be used; the text says which value and what it should be."""


def build(
    model: "type[Model]",
    raw: Mapping[str, Any],
    known: "Model | None" = None,
    *,
    required: tuple[str, ...] = (),
    apart: frozenset[str] = frozenset(),
) -> "Model":
    """A new one, or `known` with these values changed; fields in `apart` are read elsewhere.

    An unknown name is refused (it is a typing error), and so is a value of another type than the default's.
    Raises ConfigError.
    """
    blank: dict[str, Any] = dict.fromkeys(required, "")
    defaults = known or model(**blank)
    refuse_unknown(raw, {each.name for each in fields(model)} - apart, model.__name__)
    for each, value in raw.items():
        wanted = type(getattr(defaults, each))
        if type(value) is not wanted:
            said = f"must be {wanted.__name__}, not {type(value).__name__}"
            raise ConfigError(f"{model.__name__}.{each} {said}.")
    if missing := [each for each in required if not (raw.get(each) or getattr(defaults, each))]:
        raise ConfigError(f"{model.__name__} needs {', '.join(missing)}.")
    return replace(defaults, **raw)


def objects(raw: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects of that name, empty when there is none. Raises ConfigError."""
    entries = raw.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{name} must be a list of objects.")
    return entries


def refuse_unknown(raw: Mapping[str, Any], allowed: set[str], where: str) -> None:
    """Raises ConfigError."""
    if unknown := sorted(set(raw) - allowed):
        raise ConfigError(f"Unknown in {where}: {', '.join(unknown)}.")


def one_of(value: str, allowed: tuple[str, ...], name: str) -> None:
    """Raises ConfigError."""
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")


def phone_number(text: str) -> str:
    """Raises ConfigError."""
    if not E164.fullmatch(text):
        raise ConfigError(f"{text!r} is not a phone number like +14252306549.")
    return text
