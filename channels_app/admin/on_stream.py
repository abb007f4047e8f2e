"""SMS Settings and SMS Numbers on the page of their work stream. One save stores them with it.

The page (the project's `work_stream_page`) puts each inline into its tab. What a tab shows besides is a
read-only field of the inline, or stands in the inline's template (templates/admin/channels_app/on_stream/).
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from channels_app import accounts, numbers, set_up
from channels_app.admin.parts import inbound_url_fields, settings_fieldsets, validation_chip
from channels_app.forms import (
    NOT_A_LONG_CODE_OF_THE_US,
    NumberOfStreamForm,
    SmsSettingsForm,
)
from channels_app.models import SmsNumber, SmsSettings
from channels_app.providers.base import Guide
from omnichannel.lib import phones
from omnichannel.lib.backoffice import NOTHING
from routing.channels import enabled_channels
from routing.models import Channel

NEW_URL = "The inbound URL has changed with the account: give {} the new one."
GONE = "Somebody removed this meanwhile. Load the page again."


class OneFormSet(BaseInlineFormSet):
    """At most one record of a work stream, stored by its service.

    `told` are sentences for the administrator once all is stored.
    """

    told: tuple[str, ...] = ()

    def clean(self) -> None:
        """A new stream of another channel has none of it."""
        super().clean()
        if self.instance.channel != Channel.SMS and any(form.has_changed() for form in self.forms):
            raise ValidationError(f"A {self.instance.get_channel_display()} work stream has no SMS Settings.")

    def store(self, form: Any) -> Any:
        """Store what was typed; raises accounts.Conflict."""
        raise NotImplementedError

    def save_new(self, form: Any, commit: bool = True) -> Any:
        """The stream has its key only now."""
        form.instance.work_stream = self.instance
        return self.store(form)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        """The same."""
        return self.store(form)

    def add_fields(self, form: Any, index: int | None) -> None:
        """Whatever is wrong with the hidden key is told in words."""
        super().add_fields(form, index)
        form.fields["id"].error_messages["invalid_choice"] = GONE


class SmsSettingsFormSet(OneFormSet):
    """The stream's SMS settings."""

    default_error_messages = {
        **OneFormSet.default_error_messages,
        "too_many_forms": "A work stream has its SMS Settings once.",
    }

    def store(self, form: Any) -> SmsSettings:
        """Find or make the account, issue the inbound URL."""
        before = form.instance.inbound_url_id
        stored = accounts.save_sms_settings(sms_settings=form.instance, **form.values())
        if before is not None and before != stored.inbound_url_id:
            self.told = (NEW_URL.format(accounts.words_of(stored.account).name),)
        return stored

    @property
    def is_filled_in(self) -> bool:
        """Whether the stream has settings, or will have with this save."""
        return any(form.instance.pk or form.has_changed() for form in self.forms)


class SmsNumberFormSet(OneFormSet):
    """The stream's number."""

    default_error_messages = {
        **OneFormSet.default_error_messages,
        "too_many_forms": "You can configure only one phone number per work stream.",
    }

    def store(self, form: Any) -> SmsNumber:
        """Give the stream its number."""
        stored: SmsNumber = form.store(self.instance)
        if not numbers.is_us_number(stored.number.value):
            self.told = (NOT_A_LONG_CODE_OF_THE_US,)
        return stored


class OnStreamInline(admin.StackedInline):
    """What the two have in common: one, never deleted in passing, and without secrets for who only reads."""

    can_delete = False
    given: tuple[Any, ...] = ()
    shown: tuple[Any, ...] = ()

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """A second one that is sent along is refused."""
        return super().get_formset(request, obj, validate_max=True, **options)

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        """None is made for a channel that is not enabled; the template says so."""
        return 1 if Channel.SMS in enabled_channels() else 0

    def may_edit(self, request: HttpRequest, obj: Any) -> bool:
        """Whether there is something to type here."""
        return self.has_change_permission(request, obj) or self.has_add_permission(request, obj)

    def record_of(self, stream: Any) -> Any:
        """The stream's record, None before the first save."""
        found = self.model.objects.filter(work_stream=stream) if stream and stream.pk else None
        return found.first() if found is not None else None


class SmsSettingsInline(OnStreamInline):
    """The tab SMS Settings."""

    model = SmsSettings
    form = SmsSettingsForm
    formset = SmsSettingsFormSet
    template = "admin/channels_app/on_stream/sms_settings.html"
    inbound_urls = inbound_url_fields(Channel.SMS)
    readonly_fields: ClassVar[Any] = (
        *("provider_shown", "account_shown", "base_url_shown", "last_validation_on", "status"),
        *inbound_urls.values(),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what is shown of each."""
        return super().get_queryset(request).select_related("account", "inbound_url", "work_stream")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is typed; after the first save the inbound URL, and what the provider said last."""
        known = self.record_of(obj)
        made = settings_fieldsets(known, self.inbound_urls)
        if self.may_edit(request, obj):
            return made
        seen = ("SMS Settings", {"fields": ("provider_shown", "account_shown", "base_url_shown")})
        # Without what is typed: the first section and the last.
        return (seen, *made[1:-1]) if known else (seen,)

    @admin.display(description="SMS Provider")
    def provider_shown(self, sms_settings: SmsSettings) -> str:
        """For who only reads."""
        return sms_settings.account.get_provider_display()

    @admin.display(description="Account")
    def account_shown(self, sms_settings: SmsSettings) -> str:
        """For who only reads."""
        return sms_settings.account.external_id

    @admin.display(description="Base URL")
    def base_url_shown(self, sms_settings: SmsSettings) -> str:
        """For who only reads."""
        return sms_settings.account.base_url

    @admin.display(description="last validation status")
    def status(self, sms_settings: SmsSettings) -> str:
        """What the last Validate API Key came to."""
        return validation_chip(sms_settings.last_validation_status)


class SmsNumberInline(OnStreamInline):
    """The tab SMS Numbers."""

    model = SmsNumber
    form = NumberOfStreamForm
    formset = SmsNumberFormSet
    template = "admin/channels_app/on_stream/sms_number.html"
    # Whether the provider lists the account's numbers.
    can_pick = False
    add_number = Guide.add_number
    # The form's field of this name takes digits; numbers.save_sms_number makes the row of them.
    exclude = ("number",)
    readonly_fields = ("readable", "rate", "remove")

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """With the number that was picked from the account."""
        made = super().get_formset(request, obj, **options)
        made.form.picked = request.GET.get("number", "")
        found = numbers.settings_of(obj) if obj else None
        if found is not None:
            self.can_pick = set_up.can_set_up(found.account, Channel.SMS)
            self.add_number = accounts.provider_of(found.account).guide.add_number
        return made

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number's own row."""
        return super().get_queryset(request).select_related("number", "work_stream")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is typed; a number can be taken away once it is there."""
        if not self.may_edit(request, obj):
            return (("SMS Number", {"fields": ("readable", "type", "description", "rate")}),)
        fields = ["number", "type", "description", "messages_per_second"]
        if self.record_of(obj) is not None and self.has_delete_permission(request, obj):
            fields.append("remove")
        return (("SMS Number", {"fields": fields}),)

    @admin.display(description="Number")
    def readable(self, sms_number: SmsNumber) -> str:
        """As people read it."""
        return phones.readable(f"+{sms_number.number.value}")

    @admin.display(description="Messages per second")
    def rate(self, sms_number: SmsNumber) -> object:
        """How fast texts leave it."""
        return sms_number.number.messages_per_second or "As fast as the provider takes them."

    @admin.display(description="Delete")
    def remove(self, sms_number: SmsNumber) -> str:
        """The page that asks first."""
        if sms_number.pk is None:
            return NOTHING
        url = reverse("admin:channels_app_smsnumber_delete", args=[sms_number.pk])
        said = "Its conversations stay; further texts to it are kept, and reach nobody."
        return format_html(
            '<a class="button" href="{}">Delete this number…</a><span class="note">{}</span>', url, said
        )


def introduce(formsets: Iterable[Any]) -> None:
    """Let the number's form know whether settings are there, or come with the same save."""
    formsets = list(formsets)
    is_filled_in = any(one.is_filled_in for one in formsets if isinstance(one, SmsSettingsFormSet))
    for number in (one for one in formsets if isinstance(one, SmsNumberFormSet)):
        for form in number.forms:
            form.settings_follow = is_filled_in  # type: ignore[attr-defined]


def ask_for_tokens_again(formsets: Iterable[Any]) -> None:
    """A page with errors has forgotten the tokens that were typed: say so at their fields."""
    for formset in formsets:
        if isinstance(formset, SmsSettingsFormSet) and formset.is_bound:
            for form in formset.forms:
                form.ask_again()  # type: ignore[attr-defined]


def tell(request: HttpRequest, formsets: Iterable[Any]) -> None:
    """What the administrator should know now that all is stored."""
    for formset in formsets:
        for sentence in getattr(formset, "told", ()):
            messages.warning(request, sentence)
