"""Fields for an account's id and secrets, in the words of each provider; what all channels' forms share."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.urls import reverse
from django.utils.html import format_html

from channels_app import accounts
from channels_app.accounts import OtherSecret
from channels_app.models import ProviderAccount
from channels_app.providers import REGISTRY, providers_of

LONGEST_SECRET = 200
ROTATING = "Optional: while one is being rotated, webhooks signed with either are accepted."
KEPT = "One is stored. Leave this empty to keep it; it is never shown."
TYPE_AGAIN = "Type it again: it is not kept on a page with errors."


def shows(form: forms.BaseForm, name: str) -> bool:
    """Whether people see a field of this name."""
    return name in form.fields and not form.fields[name].widget.is_hidden


def replace_url(account: ProviderAccount) -> str:
    """The page on which an account's tokens are replaced."""
    return reverse("admin:replace-token", args=[account.pk])


def with_replace_link(error: OtherSecret) -> str:
    """The conflict, and the way to the page that solves it."""
    called = accounts.words_of(error.account).secret
    return format_html('{} <a href="{}">Replace the {}</a>', str(error), replace_url(error.account), called)


class SecretInput(forms.PasswordInput):
    """A password box that browsers leave alone."""

    def __init__(self) -> None:
        super().__init__(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})


class NeverAChange(forms.CharField):
    """What the page carries by itself: a form in which nothing was typed stays an empty one."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


Form = TypeVar("Form", bound="CredentialsForm")


def with_credentials(channel: str) -> Callable[[type[Form]], type[Form]]:
    """Give a form the fields of each provider of a channel, in that provider's words."""

    def decorate(form: type[Form]) -> type[Form]:
        form.providers = tuple(key for key, _ in providers_of(channel))
        for key in form.providers:
            form.declared_fields.update(credential_fields(key))
        form.base_fields.update(form.declared_fields)
        return form

    return decorate


def credential_fields(provider: str) -> dict[str, forms.Field]:
    """An account's id and its secrets, as its provider calls them."""
    words = REGISTRY[provider].words
    made: dict[str, forms.Field] = {
        words.field("external_id"): forms.CharField(
            label=words.external_id, max_length=64, required=False, help_text=words.where
        ),
        words.field("secret"): secret_field(words.secret),
    }
    if words.secondary_secret:
        made[words.field("secondary_secret")] = secret_field(words.secondary_secret, help_text=ROTATING)
    return made


def secret_field(label: str, *, help_text: str = "") -> forms.CharField:
    """A secret that is typed and never shown."""
    return forms.CharField(
        label=label, required=False, max_length=LONGEST_SECRET, widget=SecretInput(), help_text=help_text
    )


class CredentialsForm(forms.ModelForm):
    """A record with an account behind it: its id and secrets, in the words of the chosen provider.

    A secret is typed to replace what is stored, empty to keep it. Decorate with `with_credentials`.
    """

    providers: tuple[str, ...] = ()
    remove_secondary = forms.BooleanField(required=False)

    def describe_secrets(self, account: ProviderAccount | None) -> None:
        """Say what is stored, and offer to remove only what is there."""
        words = accounts.words_of(account) if account is not None else None
        if account is not None and words is not None and account.secret:
            self.fields[words.field("secret")].help_text = format_html(
                '{} <a href="{}">Replace the {}</a>', KEPT, replace_url(account), words.secret
            )
        if account is not None and words is not None and account.secondary_secret:
            self.fields[words.field("secondary_secret")].help_text = KEPT
            self.fields["remove_secondary"].label = f"Remove the {words.secondary_secret}"
        else:
            del self.fields["remove_secondary"]

    def chosen(self) -> str:
        """The provider: the one that was typed, else the record's, else the only or first one."""
        return self.cleaned_data.get("provider") or self.initial.get("provider") or self.providers[0]

    def credential(self, name: str) -> str:
        """What was typed for external_id, secret or secondary_secret of the chosen provider."""
        field = REGISTRY[self.chosen()].words.field(name)
        typed: str = self.cleaned_data.get(field, "")
        return typed

    def secondary_secret(self) -> str | None:
        """What is to become of the second secret: None keeps, "" removes."""
        return self.credential("secondary_secret") or (
            "" if self.cleaned_data.get("remove_secondary") else None
        )

    def check_credentials(self) -> None:
        """Put what is wrong with the form of id and secret at their fields."""
        provider = REGISTRY[self.chosen()]
        external_id = self.credential("external_id")
        problems = {
            "external_id": provider.check_external_id(external_id)
            if external_id
            else "This field is required.",
        }
        for each in ("secret", "secondary_secret"):
            typed = self.credential(each)
            problems[each] = provider.check_secret(typed) if typed else ""
        for each, problem in problems.items():
            name = provider.words.field(each)
            if problem and name not in self.errors:
                self.add_error(name, problem)

    def full_clean(self) -> None:
        """A form with errors forgets the typed secrets."""
        super().full_clean()
        if self.is_bound and self.errors:
            self.ask_again()

    def ask_again(self) -> None:
        """With errors on the page a typed secret is gone: say so, or the old one would be kept unnoticed."""
        words = REGISTRY[self.chosen()].words
        secrets = {words.field(name) for name in ("secret", "secondary_secret")}
        for name in secrets & self.fields.keys():
            if self.data.get(self.add_prefix(name)) and name not in self.errors:
                self.errors[name] = self.error_class([TYPE_AGAIN], renderer=self.renderer)


def fields_by_provider(channel: str) -> dict[str, list[str]]:
    """Which fields of a form belong to which provider, for the page that shows only the chosen one's."""
    return {
        key: [*credential_fields(key), REGISTRY[key].words.field("inbound_url")]
        for key, _ in providers_of(channel)
    }
