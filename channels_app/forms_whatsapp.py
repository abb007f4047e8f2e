"""Forms of WhatsApp accounts and their numbers."""

import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from channels_app import accounts, whatsapp
from channels_app.accounts import Conflict, OtherSecret
from channels_app.forms import FASTEST
from channels_app.forms_credentials import CredentialsForm, shows, with_credentials, with_replace_link
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from omnichannel.lib.choices import OneRecord
from routing.channels import enabled_channels
from routing.models import Channel

NOT_ENABLED = "WhatsApp is not enabled: see Settings, Channels. Nothing new can be set up for it."


@with_credentials(Channel.WHATSAPP)
class WhatsAppAccountForm(CredentialsForm):
    """An account of WhatsApp: its name, and what its provider account is reached with."""

    provider = forms.ChoiceField(label="Provider", choices=whatsapp.provider_choices)
    base_url = forms.CharField(
        label="Base URL",
        max_length=200,
        required=False,
        help_text="Where the provider's API is. Leave it as it is unless the provider tells otherwise. "
        "Empty: the usual one.",
    )

    class Meta:
        model = WhatsAppAccount
        fields = ("name",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        account = self.instance.account if self.instance.pk else None
        self.describe_secrets(account)
        if len(self.providers) == 1:
            del self.fields["provider"]
        if account is not None:
            self.initial.update(
                {accounts.words_of(account).field("external_id"): account.external_id},
                provider=account.provider,
                base_url=account.base_url,
            )
        elif Channel.WHATSAPP not in enabled_channels() and "name" in self.fields:
            self.fields["name"].help_text = NOT_ENABLED

    def clean_base_url(self) -> str:
        """Scheme and host; the usual one when nothing is typed."""
        typed = self.cleaned_data["base_url"] or accounts.usual_base_url(self.chosen())
        url = accounts.tidy_base_url(typed)
        if problem := accounts.base_url_problem(url):
            raise ValidationError(problem)
        return url

    def clean(self) -> dict[str, Any]:
        """Ask whether saving would contradict what is there."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_credentials()
        if not self.errors:
            try:
                whatsapp.check_account(whatsapp_account=self.instance, **self.values())
            except OtherSecret as error:
                self.add_error(error.field, with_replace_link(error))
            except Conflict as error:
                self.add_error(error.field if shows(self, error.field) else None, str(error))
        return found

    def values(self) -> dict[str, Any]:
        """What whatsapp.save_account takes besides the record."""
        return {
            "name": self.cleaned_data["name"],
            "provider": self.chosen(),
            "external_id": self.credential("external_id"),
            "base_url": self.cleaned_data["base_url"],
            "secret": self.credential("secret"),
            "secondary_secret": self.secondary_secret(),
        }


class WhatsAppNumberForm(forms.ModelForm):
    """A WhatsApp number of an account."""

    whatsapp_account = OneRecord(label="WhatsApp Account", queryset=WhatsAppAccount.objects.none())
    number = forms.CharField(
        label="WhatsApp Number",
        max_length=40,
        help_text="Country code and number, digits only, for example 14155238886 (a leading + or whatsapp: "
        "is taken off).",
    )
    attachments_from_customers = forms.BooleanField(
        label="File attachments for customers",
        required=False,
        initial=True,
        help_text="Files that customers send are fetched and shown.",
    )
    attachments_from_agents = forms.BooleanField(
        label="File attachments for agents",
        required=False,
        initial=True,
        help_text="Agents can send files.",
    )
    messages_per_second = forms.FloatField(
        label="Messages per second",
        required=False,
        initial=whatsapp.MESSAGES_PER_SECOND,
        max_value=FASTEST,
        help_text="How fast texts leave this number; replies to customers go first. Empty: as fast as the "
        "provider takes them.",
    )

    class Meta:
        model = WhatsAppNumber
        fields = ("name", "whatsapp_account", "work_stream")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Nothing but the choices when a person may only read.
        if "whatsapp_account" in self.fields:
            self.fields["whatsapp_account"].queryset = whatsapp.accounts_in_use().order_by("name")  # type: ignore[attr-defined]
        if "work_stream" in self.fields:
            self._offer_streams()
        if self.instance.pk:
            number = self.instance.number
            self.initial["number"] = number.value
            for name in (*whatsapp.SWITCHES, "messages_per_second"):
                self.initial[name] = getattr(number, name)

    def _offer_streams(self) -> None:
        streams = whatsapp.streams_in_use()
        field = self.fields["work_stream"]
        field.queryset = streams  # type: ignore[attr-defined]
        field.help_text = "The work stream that takes its texts. Several numbers may share one."
        if Channel.WHATSAPP not in enabled_channels():
            field.help_text = NOT_ENABLED
        only = list(streams[:2])
        if not self.instance.pk and len(only) == 1:
            self.initial.setdefault("work_stream", only[0].pk)

    def clean_number(self) -> str:
        """Digits."""
        try:
            return whatsapp.digits_of(self.cleaned_data["number"])
        except whatsapp.NotANumber as error:
            raise ValidationError(str(error)) from error

    def clean_messages_per_second(self) -> float | None:
        """More than nothing."""
        rate: float | None = self.cleaned_data["messages_per_second"]
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise ValidationError("Enter a number above 0, or nothing for no limit.")
        return rate

    def clean(self) -> dict[str, Any]:
        """Ask whether saving would contradict what is there."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if {"number", "whatsapp_account", "work_stream"} <= found.keys():
            try:
                whatsapp.check_number(
                    whatsapp_number=self.instance,
                    whatsapp_account=found["whatsapp_account"],
                    value=found["number"],
                    work_stream=found["work_stream"],
                )
            except Conflict as error:
                self.add_error(error.field if shows(self, error.field) else "number", str(error))
        return found

    def values(self) -> dict[str, Any]:
        """What whatsapp.save_number takes besides the record."""
        names = ("whatsapp_account", "name", "work_stream", *whatsapp.SWITCHES, "messages_per_second")
        return {name: self.cleaned_data[name] for name in names} | {"value": self.cleaned_data["number"]}
