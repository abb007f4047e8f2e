"""A telephone number in the database: always E.164, whatever form it was typed in."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from omnichannel.lib import phones


def clean_phone(text: str) -> str:
    """E.164, or the empty text; raises ValidationError with what to type instead."""
    if not text.strip():
        return ""
    try:
        return phones.to_e164(text, region=settings.DEFAULT_PHONE_REGION)
    except phones.NotANumber as error:
        raise ValidationError(str(error)) from error


class PhoneFormField(forms.CharField):
    """Accepts the usual written forms, gives E.164."""

    def clean(self, value: Any) -> str:
        return clean_phone(super().clean(value) or "")


class PhoneField(models.CharField):
    """E.164 text; blank when unknown. Forms and the API accept any usual written form."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_length": 20, "blank": True, "default": "", **options})

    def formfield(self, **options: Any) -> Any:
        # The form accepts longer written forms ("00 1 425 555 0100") than what is stored.
        return super().formfield(**{"form_class": PhoneFormField, "max_length": 40, **options})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        number = clean_phone(getattr(model_instance, self.attname) or "")
        setattr(model_instance, self.attname, number)
        return number
