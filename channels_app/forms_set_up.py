"""The form that replaces an account's tokens. What is typed is never shown again, not even after an error."""

from typing import Any

from django import forms

from channels_app import accounts, tokens
from channels_app.forms import LONGEST_SECRET, SecretInput
from channels_app.models import ProviderAccount
from channels_app.providers.base import Validity

ASK = "Yes, replace it for every work stream named above."
WRONG = (
    "Twilio does not accept this Auth Token for the account: the old one was kept. Copy it once more from "
    "the Twilio console, under Account info, and type it here."
)
INSIST = "Keep it all the same: it could not be validated now."


class ReplaceTokenForm(forms.Form):
    """Another Auth Token, another secondary one, and the word that all who share the account are meant."""

    auth_token = forms.CharField(
        label="New Auth Token",
        required=False,
        max_length=LONGEST_SECRET,
        widget=SecretInput(),
        help_text="From the Twilio console, under Account info. Empty: the stored one stays.",
    )
    secondary_auth_token = forms.CharField(
        label="New Secondary Auth Token",
        required=False,
        max_length=LONGEST_SECRET,
        widget=SecretInput(),
        help_text="Optional: while a token is being rotated, webhooks signed with either are accepted.",
    )
    remove_secondary = forms.BooleanField(label="Remove the Secondary Auth Token", required=False)
    is_meant_for_all = forms.BooleanField(label=ASK, required=False)
    keep_unproven = forms.BooleanField(label=INSIST, required=False)

    def __init__(self, *args: Any, account: ProviderAccount, **options: Any) -> None:
        super().__init__(*args, **options)
        self.account = account
        self.fields["is_meant_for_all"].widget.attrs["aria-describedby"] = "used-by"
        if not account.secondary_secret:
            del self.fields["remove_secondary"]
        if len(accounts.used_by(account)) < 2:
            del self.fields["is_meant_for_all"]
        # Offered once the provider could not be asked.
        self.may_insist = bool(self.data.get("keep_unproven"))

    def clean(self) -> dict[str, Any]:
        """Something is typed, and all who share the account are meant."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        given = ("auth_token", "secondary_auth_token", "remove_secondary")
        if not self.errors and not any(found.get(name) for name in given):
            self.add_error("auth_token", "Type the new token.")
        if "is_meant_for_all" in self.fields and not found.get("is_meant_for_all"):
            self.add_error("is_meant_for_all", "Confirm that the token is replaced for all of them.")
        if self.errors:
            self._say_it_is_gone()
        return found

    def values(self) -> dict[str, Any]:
        """What tokens.replace_token takes besides the account."""
        typed: str = self.cleaned_data["secondary_auth_token"]
        return {
            "secret": self.cleaned_data["auth_token"],
            "secondary_secret": typed or ("" if self.cleaned_data.get("remove_secondary") else None),
            "keep_unproven": self.cleaned_data["keep_unproven"],
        }

    def tell(self, refused: tokens.NotKept) -> None:
        """Say why the old token was kept; offer to insist when the provider could not be asked."""
        self.may_insist = refused.may_insist
        self.add_error(
            "auth_token", WRONG if refused.check.outcome is Validity.BAD_CREDENTIALS else str(refused)
        )
        if refused.may_insist:
            said = "Try again later; or type the token again, tick “Keep it all the same”, and replace it."
            self.add_error("auth_token", said)

    def _say_it_is_gone(self) -> None:
        for name in ("auth_token", "secondary_auth_token"):
            if self.data.get(name) and name not in self.errors:
                self.add_error(name, "Type it again: a token is not kept on a page with errors.")
