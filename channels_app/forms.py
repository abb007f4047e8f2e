"""Forms of the channels' administration. Secrets go in and never come out."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from channels_app import accounts
from channels_app.accounts import Conflict, OtherSecret
from channels_app.models import Provider, ProviderAccount, SmsNumber, SmsSettings
from channels_app.providers import REGISTRY
from omnichannel.lib import phones
from routing.channels import enabled_channels
from routing.models import Channel, WorkStream

LONGEST_SECRET = 200
FASTEST = 1000.0
KEPT = "A token is stored. Leave this empty to keep it; it is never shown."
TYPE_AGAIN = "Type it again: a token is not kept on a page with errors."
NOT_A_LONG_CODE_OF_THE_US = (
    "Only long code numbers of the US (+1) are supported for SMS. This number was saved all the same; "
    "check with your provider that it can send and receive texts."
)


def shows(form: forms.BaseForm, name: str) -> bool:
    """Whether people see a field of this name."""
    return name in form.fields and not form.fields[name].widget.is_hidden


def replace_url(account: ProviderAccount) -> str:
    """The page on which an account's tokens are replaced."""
    return reverse("admin:replace-token", args=[account.pk])


def with_replace_link(error: OtherSecret) -> str:
    """The conflict, and the way to the page that solves it."""
    return format_html('{} <a href="{}">Replace the token</a>', str(error), replace_url(error.account))


class SecretInput(forms.PasswordInput):
    """A password box that browsers leave alone."""

    def __init__(self) -> None:
        super().__init__(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})


class SecretsForm(forms.ModelForm):
    """Auth Token and Secondary Auth Token: typed to replace what is stored, empty to keep it."""

    auth_token = forms.CharField(
        label="Auth Token", required=False, max_length=LONGEST_SECRET, widget=SecretInput()
    )
    secondary_auth_token = forms.CharField(
        label="Secondary Auth Token",
        required=False,
        max_length=LONGEST_SECRET,
        widget=SecretInput(),
        help_text="Optional: while a token is being rotated, webhooks signed with either are accepted.",
    )
    remove_secondary = forms.BooleanField(label="Remove the Secondary Auth Token", required=False)

    def describe_secrets(self, account: ProviderAccount | None) -> None:
        """Say what is stored, and offer to remove only what is there."""
        if account is not None and account.secret:
            self.fields["auth_token"].help_text = format_html(
                '{} <a href="{}">Replace the Auth Token</a>', KEPT, replace_url(account)
            )
        if account is not None and account.secondary_secret:
            self.fields["secondary_auth_token"].help_text = KEPT
        else:
            del self.fields["remove_secondary"]

    @property
    def secondary_secret(self) -> str | None:
        """What is to become of the secondary token: None keeps, "" removes."""
        typed: str = self.cleaned_data.get("secondary_auth_token", "")
        return typed or ("" if self.cleaned_data.get("remove_secondary") else None)

    def full_clean(self) -> None:
        """A form with errors forgets the typed tokens."""
        super().full_clean()
        if self.is_bound and self.errors:
            self.ask_again()

    def ask_again(self) -> None:
        """With errors on the page a typed token is gone: say so, or the old one would be kept unnoticed."""
        for name in {"auth_token", "secondary_auth_token"} & self.fields.keys():
            if self.data.get(self.add_prefix(name)) and name not in self.errors:
                self.errors[name] = self.error_class([TYPE_AGAIN], renderer=self.renderer)


class SmsSettingsForm(SecretsForm):
    """SMS Settings of a work stream."""

    provider = forms.ChoiceField(label="SMS Provider", choices=Provider.choices)
    account_sid = forms.CharField(
        label="Account SID", max_length=64, help_text="From the Twilio console, under Account info."
    )
    base_url = forms.CharField(
        label="Base URL",
        max_length=200,
        help_text="Where the provider's API is. Leave it as it is unless the provider tells otherwise.",
    )
    field_order = ("work_stream", "provider", "account_sid", "auth_token", "secondary_auth_token")

    class Meta:
        model = SmsSettings
        fields = ("work_stream",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        account = self.instance.account if self.instance.pk else None
        self.describe_secrets(account)
        self.initial.setdefault("provider", Provider.TWILIO)
        self.initial.setdefault("base_url", accounts.usual_base_url())
        if account is not None:
            self.initial.update(
                provider=account.provider, account_sid=account.external_id, base_url=account.base_url
            )
        if "work_stream" in self.fields:
            self.fields["work_stream"].queryset = streams_for_settings()  # type: ignore[attr-defined]
            explain(self.fields["work_stream"])

    def clean_account_sid(self) -> str:
        """As the provider writes it."""
        account_sid: str = self.cleaned_data["account_sid"]
        provider = self.cleaned_data.get("provider", Provider.TWILIO)
        if problem := REGISTRY[provider].check_external_id(account_sid):
            raise ValidationError(problem)
        return account_sid

    def clean_base_url(self) -> str:
        """Scheme and host."""
        url = accounts.tidy_base_url(self.cleaned_data["base_url"])
        if problem := accounts.base_url_problem(url):
            raise ValidationError(problem)
        return url

    def clean(self) -> dict[str, Any]:
        """Ask whether saving would contradict what is there."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                accounts.check_sms_settings(sms_settings=self.instance, **self.values())
            except OtherSecret as error:
                self.add_error(error.field, with_replace_link(error))
            except Conflict as error:
                self.add_error(error.field if shows(self, error.field) else None, str(error))
        return found

    def values(self) -> dict[str, Any]:
        """What accounts.save_sms_settings takes besides the record."""
        return {
            "provider": self.cleaned_data["provider"],
            "external_id": self.cleaned_data["account_sid"],
            "base_url": self.cleaned_data["base_url"],
            "secret": self.cleaned_data["auth_token"],
            "secondary_secret": self.secondary_secret,
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
                accounts.check_sms_number(
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
        return accounts.save_sms_number(
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
