"""Forms of the channels' administration. Secrets go in and never come out."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from channels_app import accounts, inbound_urls, numbers
from channels_app.accounts import Conflict, OtherSecret
from channels_app.forms_credentials import (
    CredentialsForm,
    NeverAChange,
    fields_by_provider,
    shows,
    with_credentials,
    with_replace_link,
)
from channels_app.models import SmsNumber, SmsSettings
from channels_app.providers import REGISTRY, providers_of
from omnichannel.lib import phones
from routing.channels import enabled_channels
from routing.models import Channel, WorkStream

FASTEST = 1000.0
ISSUED_ANEW = (
    "The {} that this page showed can no longer be used: the page was open for too long, or was saved "
    "already. Another one is shown now: save once more, and use that one."
)
NOT_A_LONG_CODE_OF_THE_US = (
    "Only long code numbers of the US (+1) are supported for SMS. This number was saved all the same; "
    "check with your provider that it can send and receive texts."
)


@with_credentials(Channel.SMS)
class SmsSettingsForm(CredentialsForm):
    """SMS Settings of a work stream."""

    provider = forms.ChoiceField(label="SMS Provider", choices=lambda: providers_of(Channel.SMS))
    base_url = forms.CharField(
        label="Base URL",
        max_length=200,
        required=False,
        help_text="Where the provider's API is. Leave it as it is unless the provider tells otherwise. "
        "Empty: the usual one.",
    )
    # Whether the inbound URL on the page had to be replaced by another.
    is_issued_anew = False
    # The inbound URL that a new record will have, for providers that are told of it before the first save.
    issued = NeverAChange(required=False, widget=forms.HiddenInput())

    class Meta:
        model = SmsSettings
        fields = ("work_stream",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        account = self.instance.account if self.instance.pk else None
        self.describe_secrets(account)
        self.fields["provider"].widget.attrs["data-providers"] = json.dumps(fields_by_provider(Channel.SMS))
        if account is not None:
            del self.fields["issued"]
            self.initial.update(
                {accounts.words_of(account).field("external_id"): account.external_id},
                provider=account.provider,
                base_url=account.base_url,
            )
        else:
            self.initial.setdefault("provider", self.providers[0])
            self.initial["issued"] = inbound_urls.issued()
            self.show_issued()
        if "work_stream" in self.fields:
            self.fields["work_stream"].queryset = streams_for_settings()  # type: ignore[attr-defined]
            explain(self.fields["work_stream"])

    def show_issued(self) -> None:
        """Have the page show the inbound URL that the first save will store.

        One that can no longer be stored gives way to another: the page that told of it was open for too long,
        or was saved already.
        """
        carried = self["issued"].value() or ""
        token = inbound_urls.token_of(carried)
        self.is_issued_anew = bool(carried) and not inbound_urls.is_free(token)
        if self.is_issued_anew:
            sent: Any = self.data.copy()  # type: ignore[attr-defined]
            sent[self.add_prefix("issued")] = self.initial["issued"]
            self.data = sent
            token = inbound_urls.token_of(self.initial["issued"])
        self.instance.issued_token = token

    def clean_base_url(self) -> str:
        """Scheme and host; the usual one when nothing is typed, or when the provider is another now."""
        provider, url = self.chosen(), accounts.tidy_base_url(self.cleaned_data["base_url"])
        known = self.instance.account if self.instance.pk else None
        if not url or (known and known.provider != provider and known.base_url == url):
            url = accounts.usual_base_url(provider)
        if problem := accounts.base_url_problem(url):
            raise ValidationError(problem)
        return url

    def clean_issued(self) -> str:
        """The token behind it: what the page showed must be what is stored."""
        return inbound_urls.token_of(self.cleaned_data["issued"])

    def clean(self) -> dict[str, Any]:
        """Ask whether saving would contradict what is there."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if "provider" in found:
            self.check_credentials()
            words = REGISTRY[self.chosen()].words
            if words.url_before_save and self.is_issued_anew:
                self.add_error(None, ISSUED_ANEW.format(words.inbound_url))
        if not self.errors:
            values = {name: value for name, value in self.values().items() if name != "token"}
            try:
                accounts.check_sms_settings(sms_settings=self.instance, **values)
            except OtherSecret as error:
                self.add_error(error.field, with_replace_link(error))
            except Conflict as error:
                self.add_error(error.field if shows(self, error.field) else None, str(error))
        return found

    def values(self) -> dict[str, Any]:
        """What accounts.save_sms_settings takes besides the record."""
        return {
            "provider": self.cleaned_data["provider"],
            "external_id": self.credential("external_id"),
            "base_url": self.cleaned_data["base_url"],
            "secret": self.credential("secret"),
            "secondary_secret": self.secondary_secret(),
            "token": self.cleaned_data.get("issued", ""),
        }


class SmsNumberForm(forms.ModelForm):
    """The support number of a work stream."""

    # Whether the stream's SMS settings are saved just before, if they are not there yet.
    settings_follow = False
    # The number that was picked from the account, filled in when the page opens.
    picked = ""

    number = forms.CharField(
        label="Number",
        max_length=40,
        help_text="Country code and number, digits only, for example 14252306549: "
        "no blanks, no special characters (a leading + is taken off).",
    )
    messages_per_second = forms.FloatField(
        label="Messages per second",
        required=False,
        initial=1.0,
        max_value=FASTEST,
        help_text="How fast texts leave this number; replies to customers go first. Empty: as fast as the "
        "provider takes them.",
    )

    class Meta:
        model = SmsNumber
        fields: tuple[str, ...] = ("work_stream", "type", "description")
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            number = self.instance.number
            self.initial.update(number=number.value, messages_per_second=number.messages_per_second)
        if self.picked and not self.is_bound:
            self.initial["number"] = self.picked
        if "work_stream" in self.fields:
            self.fields["work_stream"].queryset = streams_for_number()  # type: ignore[attr-defined]
            explain(self.fields["work_stream"])

    def clean_number(self) -> str:
        """Digits."""
        try:
            return phones.our_number(self.cleaned_data["number"])
        except phones.NotANumber as error:
            raise ValidationError(str(error)) from error

    def clean_messages_per_second(self) -> float | None:
        """More than nothing."""
        rate: float | None = self.cleaned_data["messages_per_second"]
        if rate is not None and rate <= 0:
            raise ValidationError("Enter a number above 0, or nothing for no limit.")
        return rate

    def clean(self) -> dict[str, Any]:
        """Ask whether the number or the stream is taken."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if "number" in found and "work_stream" in found:
            try:
                numbers.check_sms_number(
                    sms_number=self.instance,
                    work_stream=found["work_stream"],
                    value=found["number"],
                    settings_follow=self.settings_follow,
                )
            except Conflict as error:
                self.add_error(error.field if shows(self, error.field) else "number", str(error))
        return found

    def store(self, work_stream: WorkStream) -> SmsNumber:
        """Give the stream its number; raises Conflict."""
        return numbers.save_sms_number(
            sms_number=self.instance,
            work_stream=work_stream,
            value=self.cleaned_data["number"],
            messages_per_second=self.cleaned_data["messages_per_second"],
        )


class NumberOfStreamForm(SmsNumberForm):
    """The same on the page of its work stream, whose SMS settings may come with the same save."""

    class Meta(SmsNumberForm.Meta):
        fields: tuple[str, ...] = ("type", "description")


def explain(field: forms.Field) -> None:
    """Say why there is nothing new to set up, if there is not."""
    if Channel.SMS not in enabled_channels():
        field.help_text = "SMS is not enabled: see Settings, Channels. Nothing new can be set up for it."


def streams_for_settings() -> Any:
    """SMS work streams in use that have no settings yet."""
    return WorkStream.objects.filter(channel=Channel.SMS, deleted_at=None, sms_settings=None).order_by("name")


def streams_for_number() -> Any:
    """SMS work streams in use; whether one has a number already is told at the field."""
    return WorkStream.objects.filter(channel=Channel.SMS, deleted_at=None).order_by("name")
