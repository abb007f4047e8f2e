"""What is typed or chosen beside the thread: who the customer is, notes about them, a block."""

from typing import Any

from django import forms
from django.utils import timezone

from contacts.models import Address, Contact
from contacts.services import company_named, wrong_end
from conversations.forms import new_form_id
from omnichannel.lib.visible import check_visible

LONGEST_NOTE = 5000
LONGEST_COMPANY = 160
LARGEST_ID = 10**18


class LinkForm(forms.Form):
    """Which contact, and whether later texts from the address are theirs too."""

    contact = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    remember = forms.BooleanField(required=False)


class UnlinkForm(forms.Form):
    """Whether later texts from the address are nobody's too."""

    forget = forms.BooleanField(required=False)


class NewContactForm(forms.ModelForm):
    """A contact who is linked to the conversation at once."""

    company = forms.CharField(max_length=LONGEST_COMPANY, required=False, validators=[check_visible])
    remember = forms.BooleanField(required=False, initial=True)

    class Meta:
        model = Contact
        fields = ("first_name", "last_name", "mobile_phone", "email")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "contact-%s", **options})
        for name, field in self.fields.items():
            field.widget.attrs |= {"autocomplete": "off"}
            if self.is_bound and name in self.errors:
                field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"contact-{name}-error"}

    def save(self, commit: bool = True) -> Contact:
        """With the company of that name, made when it is new."""
        self.instance.account = company_named(self.cleaned_data["company"].strip())
        contact: Contact = super().save(commit)
        return contact


def new_contact_form(address: Address) -> NewContactForm:
    """The empty form, with what the address tells: its number, and the name the sender goes by."""
    first, _, last = address.profile_name.strip().rpartition(" ")
    number = address.readable if address.kind == Address.Kind.PHONE else ""
    return NewContactForm(initial={"first_name": first, "last_name": last, "mobile_phone": number})


class ContactNoteForm(forms.Form):
    """Something worth remembering about the contact."""

    text = forms.CharField(
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        error_messages={"required": "Write something first."},
    )
    form_id = forms.CharField(max_length=32, widget=forms.HiddenInput, initial=new_form_id)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "contact-note-%s", **options})

    def clean_text(self) -> str:
        """With line ends as texts have them."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


class BlockForm(forms.Form):
    """Until when, in the reader's zone, and why. Without a moment: for ever."""

    address = forms.IntegerField(min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)
    until = forms.DateTimeField(required=False, widget=forms.DateTimeInput({"type": "datetime-local"}))
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "block-%s", **options})

    def clean_until(self) -> Any:
        """A block ends in the future, or never."""
        until = self.cleaned_data["until"]
        if wrong := wrong_end(until, now=timezone.now()):
            raise forms.ValidationError(wrong)
        return until
