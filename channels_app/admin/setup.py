"""Administration of what is set up: SMS settings with Validate API Key, SMS numbers, accounts."""

import time
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html

from channels_app import accounts, numbers, validation
from channels_app.admin.filters import TroubleFilter
from channels_app.admin.on_stream import NEW_URL
from channels_app.admin.parts import (
    LEVELS,
    ConflictsAreTold,
    inbound_url_fields,
    settings_fieldsets,
    validation_chip,
)
from channels_app.forms import (
    NOT_A_LONG_CODE_OF_THE_US,
    SmsNumberForm,
    SmsSettingsForm,
)
from channels_app.models import ProviderAccount, SmsNumber, SmsSettings
from omnichannel.lib import phones
from omnichannel.lib.backoffice import table, without_shortcuts
from routing.models import Channel

# No web server waits for ever; one validation may take PATIENCE_S of the provider's file, twice.
VALIDATED_FOR_S = 10.0


class OfWorkStreamAdmin(ConflictsAreTold):
    """A record that belongs to a work stream with SMS settings, and shows its inbound URL."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """The stream is chosen here, and changed on its own page."""
        made = super().formfield_for_dbfield(db_field, request, **options)
        return without_shortcuts(made) if db_field.name == "work_stream" else made


@admin.register(SmsSettings)
class SmsSettingsAdmin(OfWorkStreamAdmin):
    """SMS settings of work streams, with Validate API Key."""

    inbound_urls = inbound_url_fields(Channel.SMS)

    form = SmsSettingsForm
    list_display = ("work_stream", "account", "last_validation_on", "status")
    list_select_related = ("work_stream", "account")
    list_filter = (TroubleFilter,)
    show_facets = admin.ShowFacets.NEVER
    ordering = ("work_stream__name",)
    actions: Any = ("validate_selected",)
    change_form_template = "admin/channels_app/smssettings/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those of streams in use."""
        return super().get_queryset(request).filter(work_stream__deleted_at=None)

    def records_on_page(self, sms_settings: SmsSettings) -> list[Any]:
        """The account is edited with them."""
        return [sms_settings, sms_settings.account]

    def get_readonly_fields(self, request: HttpRequest, obj: SmsSettings | None = None) -> Any:
        """The stream stays; what the provider said is read only."""
        shown = (*self.inbound_urls.values(), "last_validation_on", "status")
        return ("work_stream", *shown) if obj else shown

    def get_fieldsets(self, request: HttpRequest, obj: SmsSettings | None = None) -> Any:
        """The inbound URL and the validation after the first save."""
        return settings_fieldsets(obj, self.inbound_urls, "work_stream")

    @admin.display(description="last validation status")
    def status(self, sms_settings: SmsSettings) -> str:
        """What the last Validate API Key came to."""
        return validation_chip(sms_settings.last_validation_status)

    def save_model(self, request: HttpRequest, obj: SmsSettings, form: Any, change: bool) -> None:
        """Find or make the account, issue the inbound URL."""
        before = obj.inbound_url_id
        accounts.save_sms_settings(sms_settings=obj, **form.values())
        if before is not None and before != obj.inbound_url_id:
            messages.warning(request, NEW_URL.format(accounts.words_of(obj.account).name))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go with their work stream."""
        return False

    def response_post_save_add(self, request: HttpRequest, obj: SmsSettings) -> HttpResponseRedirect:
        """Stay, to show the inbound URL."""
        return HttpResponseRedirect(reverse("admin:channels_app_smssettings_change", args=[obj.pk]))

    def get_urls(self) -> list[Any]:
        """With Validate API Key."""
        view = self.admin_site.admin_view(self.validate_view)
        extra = path("<int:pk>/validate/", view, name="channels_app_smssettings_validate")
        return [extra, *super().get_urls()]

    def validate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Validate API Key for one record; waits for the provider, outside any transaction."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sms_settings = self.get_object(request, str(pk))
        if sms_settings is None or not self.has_change_permission(request, sms_settings):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined, no-any-return]
        self._validate(request, sms_settings)
        return HttpResponseRedirect(reverse("admin:channels_app_smssettings_change", args=[pk]))

    @admin.action(permissions=["change"], description="Validate API Key")
    def validate_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Validate API Key for some records, one after the other."""
        ends_at = time.monotonic() + VALIDATED_FOR_S
        left_out = []
        for sms_settings in queryset.select_related("account", "work_stream"):
            if time.monotonic() < ends_at:
                self._validate(request, sms_settings, name=f"{sms_settings.work_stream}: ")
            else:
                left_out.append(str(sms_settings.work_stream))
        if left_out:
            named = ", ".join(left_out)
            messages.warning(
                request, f"It took too long to validate all. Validate these by themselves: {named}."
            )

    def _validate(self, request: HttpRequest, sms_settings: SmsSettings, *, name: str = "") -> None:
        for check in validation.validate(sms_settings=sms_settings):
            messages.add_message(request, LEVELS[check.level], f"{name}{check.text}")


@admin.register(SmsNumber)
class SmsNumberAdmin(OfWorkStreamAdmin):
    """SMS numbers. Deleting one takes it away from its stream; its history stays."""

    inbound_urls = inbound_url_fields(Channel.SMS, lambda number: numbers.settings_of(number.work_stream))

    form = SmsNumberForm
    list_display = ("readable", "work_stream", "type", "description")
    list_display_links = ("readable",)
    list_select_related = ("number", "work_stream")
    search_fields = ("number__value", "description")
    search_help_text = "Digits, or description"
    ordering = ("number__value",)
    # The form's field of this name takes digits; numbers.save_sms_number makes the row of them.
    exclude = ("number",)
    delete_confirmation_template = "admin/channels_app/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/channels_app/delete_selected_confirmation.html"
    fields: ClassVar[Any] = ("number", "type", "description", "work_stream", "messages_per_second")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those of streams in use."""
        return super().get_queryset(request).filter(work_stream__deleted_at=None)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """With the number that was picked from the account."""
        made: Any = super().get_form(request, obj, change, **options)
        made.picked = request.GET.get("number", "")
        return made

    def records_on_page(self, sms_number: SmsNumber) -> list[Any]:
        """The number is edited with its place in the stream."""
        return [sms_number, sms_number.number]

    def get_fieldsets(self, request: HttpRequest, obj: SmsNumber | None = None) -> Any:
        """The inbound URL after the first save."""
        given = ("SMS Number", {"fields": self.fields})
        found = numbers.settings_of(obj.work_stream) if obj else None
        if found is None:
            return (given,)
        provider = found.account.provider
        connection = f"Connection to {accounts.words_of(found.account).name}"
        return given, (connection, {"fields": (self.inbound_urls[provider],)})

    def get_readonly_fields(self, request: HttpRequest, obj: SmsNumber | None = None) -> Any:
        """The inbound URL is the settings' own."""
        return tuple(self.inbound_urls.values())

    @admin.display(description="number", ordering="number__value")
    def readable(self, sms_number: SmsNumber) -> str:
        """As people read it."""
        return phones.readable(f"+{sms_number.number.value}")

    def save_model(self, request: HttpRequest, obj: SmsNumber, form: Any, change: bool) -> None:
        """Give the stream its number."""
        value = form.cleaned_data["number"]
        numbers.save_sms_number(
            sms_number=obj,
            work_stream=form.cleaned_data["work_stream"],
            value=value,
            messages_per_second=form.cleaned_data["messages_per_second"],
        )
        if not numbers.is_us_number(value):
            messages.warning(request, NOT_A_LONG_CODE_OF_THE_US)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only the numbers' place in their streams."""
        return [str(number) for number in objs], {"SMS numbers": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: SmsNumber) -> None:
        """Take it away from its stream."""
        numbers.remove_sms_number(sms_number=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take them away from their streams."""
        for sms_number in queryset:
            numbers.remove_sms_number(sms_number=sms_number)


@admin.register(ProviderAccount)
class ProviderAccountAdmin(admin.ModelAdmin):
    """Accounts at providers: here a secret is replaced for all that use it. SMS settings make them."""

    list_display = ("external_id", "provider", "base_url", "last_validated_at", "status")
    list_display_links = ("external_id",)
    ordering = ("id",)
    actions: Any = ()
    readonly_fields = (
        *("provider", "external_id", "base_url", "used_by", "tokens", "tokens_stored", "inbound_urls"),
        *("last_validated_at", "status"),
    )

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """The way to another token for those who may replace it."""
        may_replace = request.user.has_perm("channels_app.change_provideraccount")
        tokens = "tokens_stored" if may_replace else "tokens"
        shown = ("provider", "external_id", "base_url", "used_by", tokens, "inbound_urls")
        validation = ("Validation", {"fields": ("last_validated_at", "status")})
        return ("Account", {"fields": shown}), validation

    @admin.display(description="tokens")
    def tokens(self, account: ProviderAccount) -> str:
        """That they are stored; never the tokens."""
        words = account.words
        if account.secondary_secret:
            return f"{words.secret} and {words.secondary_secret} are stored, never shown."
        return f"{words.secret}: stored, never shown."

    @admin.display(description="tokens")
    def tokens_stored(self, account: ProviderAccount) -> str:
        """The same, and where they are replaced."""
        url = reverse("admin:replace-token", args=[account.pk])
        return format_html(
            '{} <a href="{}">Replace the {}</a>', self.tokens(account), url, account.words.secret
        )

    @admin.display(description="used by")
    def used_by(self, account: ProviderAccount) -> str:
        """The work streams whose texts go through it."""
        return ", ".join(accounts.used_by(account)) or "No work stream."

    @admin.display(description="inbound URLs")
    def inbound_urls(self, account: ProviderAccount) -> str:
        """Each takes texts and reports for all numbers of the account."""
        urls = account.inbound_urls.filter(retired_at=None).order_by("id")
        rows = [
            (format_html('<code class="copyable">{}</code>', accounts.inbound_address(url)),) for url in urls
        ]
        return table(["URL"], rows, empty="None.")

    @admin.display(description="last validation status")
    def status(self, account: ProviderAccount) -> str:
        """What the last validation came to."""
        return validation_chip(account.last_validation_status)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """SMS settings make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their tokens are replaced on a page of its own, and nothing else of them changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their history stays."""
        return False
