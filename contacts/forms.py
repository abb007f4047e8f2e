"""Forms of customers: typed numbers, moved numbers, blocks."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from contacts.fields import PhoneFormField
from contacts.models import FOR_EVER, Address
from contacts.services import add_address, link, wrong_end
from contacts.under_erasure import BeingErased, being_erased


class AddressLineForm(forms.ModelForm):
    """One number of a contact. A known one is shown; a new one is typed."""

    number = PhoneFormField(max_length=40, required=False, help_text="In any usual written form.")
    move = forms.BooleanField(required=False, label="Move it here")

    class Meta:
        model = Address
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["number"] = forms.CharField(
                disabled=True, required=False, initial=str(self.instance), label="Number"
            )
            self.fields["move"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """A number of somebody else is only taken when that is meant."""
        data = super().clean() or {}
        number = data.get("number")
        if self.instance.pk or not number or data.get("move"):
            return data
        held = Address.objects.select_related("contact").filter(kind="phone", value=number).first()
        if held is not None and held.contact_id is not None:
            raise ValidationError(
                {"number": f"This number belongs to {held.contact}. Tick “Move it here” to move it."}
            )
        return data

    def has_changed(self) -> bool:
        """A line without a number is no line."""
        return super().has_changed() and bool(self.instance.pk or self["number"].value())


class AddressLines(forms.BaseInlineFormSet):
    """The numbers of a contact. To take one away links it to nobody; an address is never deleted."""

    def clean(self) -> None:
        """Nothing new is linked to somebody who is just being erased."""
        super().clean()
        if self.has_changed() and self.instance.pk and being_erased(contacts=[self.instance.pk]):
            raise BeingErased

    def save_new(self, form: Any, commit: bool = True) -> Any:
        """Link what was typed."""
        return add_address(contact=self.instance, number=form.cleaned_data["number"], move=True)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        """A known number is not edited."""
        return obj

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        """Nobody's again."""
        link(address=obj, contact=None)


class AddressForm(forms.ModelForm):
    """An address: whose it is, and whether it is blocked."""

    is_held = forms.BooleanField(required=False, label="Blocked")

    class Meta:
        model = Address
        fields = ("contact", "blocked_until", "block_reason")
        help_texts = {"blocked_until": "Empty: for ever.", "block_reason": "For colleagues."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.was_held = self.instance.is_blocked(timezone.now())
        self.initial["is_held"] = self.was_held
        if not self.was_held or self.instance.blocked_until == FOR_EVER:
            self.initial["blocked_until"] = None

    def clean(self) -> dict[str, Any]:
        """A block ends in the future, or never."""
        data = super().clean() or {}
        contact = data.get("contact")
        is_changed = "contact" in self.changed_data
        if contact and is_changed and being_erased(contacts=[contact.pk], addresses=[self.instance.pk or 0]):
            self.add_error("contact", BeingErased())
        until = data.get("blocked_until")
        wrong = wrong_end(until, now=timezone.now())
        if data.get("is_held") and wrong:
            self.add_error("blocked_until", wrong)
        return data
