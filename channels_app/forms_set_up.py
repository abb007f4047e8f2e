"""The form that replaces an account's secrets. What is typed is never shown again, not even with errors."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings

from channels_app import accounts, tokens
from channels_app.forms_credentials import ROTATING, secret_field
from channels_app.models import ProviderAccount
from channels_app.providers.base import Validity
from omnichannel.lib import phones

ASK = "Yes, replace it for every work stream named above."
WRONG = (
    "{name} does not accept this {secret} for the account: the old one was kept. Copy it once more and type "
    "it here. {where}"
)
INSIST = "Keep it all the same: it could not be validated now."


class SmsTrialForm(forms.Form):
    """Whom to text; the key makes sure that one page sends one text."""

    to = forms.CharField(
        label="Number to text",
        max_length=40,
        help_text="A telephone that you can look at: country code and number, for example +14255550100.",
        widget=forms.TextInput(attrs={"class": "vTextField", "inputmode": "tel", "autocomplete": "off"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid4)
    is_meant = forms.BooleanField(label="Yes, send one text message. It costs what a text costs.")

    def clean_to(self) -> str:
        """E.164."""
        try:
            return phones.to_e164(self.cleaned_data["to"], region=settings.DEFAULT_PHONE_REGION)
        except phones.NotANumber as error:
            raise forms.ValidationError(str(error)) from error


class ReplaceTokenForm(forms.Form):
    """Another secret, another secondary one, and the word that all who share the account are meant.

    The fields of the secrets have the names that the account's provider gives them.
    """

    remove_secondary = forms.BooleanField(required=False)
    is_meant_for_all = forms.BooleanField(label=ASK, required=False)
    keep_unproven = forms.BooleanField(label=INSIST, required=False)

    def __init__(self, *args: Any, account: ProviderAccount, **options: Any) -> None:
        super().__init__(*args, **options)
        self.account, words = account, account.words
        self.secret, self.secondary = words.field("secret"), words.field("secondary_secret")
        told = f"{words.where} Empty: the stored one stays."
        made: dict[str, forms.Field] = {self.secret: secret_field(f"New {words.secret}", help_text=told)}
        if words.secondary_secret:
            made[self.secondary] = secret_field(f"New {words.secondary_secret}", help_text=ROTATING)
        self.fields = made | self.fields
        self.fields["remove_secondary"].label = f"Remove the {words.secondary_secret}"
        self.fields["is_meant_for_all"].widget.attrs["aria-describedby"] = "used-by"
        if not account.secondary_secret:
            del self.fields["remove_secondary"]
        if len(accounts.used_by(account)) < 2:
            del self.fields["is_meant_for_all"]
        # Offered once the provider could not be asked.
        self.may_insist = bool(self.data.get("keep_unproven"))

    def clean(self) -> dict[str, Any]:
        """Something of the right form is typed, and all who share the account are meant."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        secret = self.account.words.secret
        if not self.errors and not any(
            found.get(name) for name in (self.secret, self.secondary, "remove_secondary")
        ):
            self.add_error(self.secret, "Type the new one.")
        typed = found.get(self.secret)
        if typed and (problem := accounts.provider_of(self.account).check_secret(typed)):
            self.add_error(self.secret, problem)
        if "is_meant_for_all" in self.fields and not found.get("is_meant_for_all"):
            self.add_error("is_meant_for_all", f"Confirm that the {secret} is replaced for all of them.")
        if self.errors:
            self._say_it_is_gone()
        return found

    def values(self) -> dict[str, Any]:
        """What tokens.replace_token takes besides the account."""
        typed: str = self.cleaned_data.get(self.secondary, "")
        return {
            "secret": self.cleaned_data[self.secret],
            "secondary_secret": typed or ("" if self.cleaned_data.get("remove_secondary") else None),
            "keep_unproven": self.cleaned_data["keep_unproven"],
        }

    def tell(self, refused: tokens.NotKept) -> None:
        """Say why the old one was kept; offer to insist when the provider could not be asked."""
        self.may_insist, words = refused.may_insist, self.account.words
        wrong = WRONG.format(name=words.name, secret=words.secret, where=words.where)
        is_bad = refused.check.outcome is Validity.BAD_CREDENTIALS
        self.add_error(self.secret, wrong if is_bad else str(refused))
        if refused.may_insist:
            insist = "tick “Keep it all the same”, and replace it"
            self.add_error(self.secret, f"Try again later; or type the {words.secret} again, {insist}.")

    def _say_it_is_gone(self) -> None:
        for name in (self.secret, self.secondary):
            if self.data.get(name) and name in self.fields and name not in self.errors:
                self.add_error(name, "Type it again: a secret is not kept on a page with errors.")
