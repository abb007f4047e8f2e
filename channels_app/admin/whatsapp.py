"""Channels → WhatsApp: accounts with their phone numbers on one page, as the documents have it."""

import time
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html

from channels_app import accounts, whatsapp
from channels_app.admin.filters import TroubleFilter
from channels_app.admin.parts import ConflictsAreTold, inbound_url_fields, validation_chip
from channels_app.admin.set_up_acts import tell_validation
from channels_app.admin.setup import VALIDATED_FOR_S
from channels_app.forms_whatsapp import WhatsAppAccountForm, WhatsAppNumberForm
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from channels_app.providers import REGISTRY
from omnichannel.lib import phones
from omnichannel.lib.backoffice import NOTHING, chip, table, without_shortcuts
from routing.models import Channel

CONFIRM = "admin/channels_app/delete_confirmation.html"
CONFIRM_SELECTED = "admin/channels_app/delete_selected_confirmation.html"
URL_CHANGED = "The {} has changed with the account: give the new one to your senders."


def page_of(account_id: int) -> HttpResponseRedirect:
    """The page of a WhatsApp account."""
    return HttpResponseRedirect(reverse("admin:channels_app_whatsappaccount_change", args=[account_id]))


@admin.register(WhatsAppAccount)
class WhatsAppAccountAdmin(ConflictsAreTold):
    """WhatsApp accounts with their numbers, and Validate."""

    inbound_urls = inbound_url_fields(Channel.WHATSAPP)

    form = WhatsAppAccountForm
    list_display = ("name", "account", "number_count", "last_validation_on", "status")
    list_select_related = ("account",)
    search_fields = ("name", "account__external_id")
    search_help_text = "Name, or the account's id"
    list_filter = (TroubleFilter,)
    show_facets = admin.ShowFacets.NEVER
    ordering = ("name",)
    actions: Any = ("validate_selected",)
    change_form_template = "admin/channels_app/whatsappaccount/change_form.html"
    delete_confirmation_template = CONFIRM
    delete_selected_confirmation_template = CONFIRM_SELECTED

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those in use."""
        rows: QuerySet = super().get_queryset(request).filter(deleted_at=None)
        counted: QuerySet = rows.annotate(_numbers=Count("numbers"))
        return counted

    def get_readonly_fields(self, request: HttpRequest, obj: WhatsAppAccount | None = None) -> Any:
        """Its URL, its numbers and what the provider said."""
        seen = ("account_shown",)
        numbers = ("phone_numbers", "add_number")
        return (*self.inbound_urls.values(), *numbers, "last_validation_on", "status", "validate_now", *seen)

    def get_fieldsets(self, request: HttpRequest, obj: WhatsAppAccount | None = None) -> Any:
        """The documents' sections; those after the first once there is something to show."""
        keys = list(self.inbound_urls)
        words = accounts.words_of(obj.account) if obj else REGISTRY[keys[0]].words
        may_edit = self.has_change_permission(request, obj) if obj else True
        every = [REGISTRY[key].words for key in keys]
        choice = ("provider",) if len(keys) > 1 else ()
        named = tuple(one.field(name) for one in every for name in ("external_id", "secret"))
        secondary = [one.field("secondary_secret") for one in every if one.secondary_secret]
        details = (
            f"{words.name} account details",
            {"fields": ("name", *choice, *named) if may_edit else ("name", "account_shown")},
        )
        more = ("More", {"fields": [*secondary, "base_url"], "classes": ("collapse",)})
        if obj is None:
            return details, more
        if obj.account.secondary_secret:
            more[1]["fields"] = [*secondary, "remove_secondary", "base_url"]
        validation = ["validate_now"] if may_edit else []
        may_add = request.user.has_perm("channels_app.add_whatsappnumber")
        numbers = ("phone_numbers", "add_number") if may_add else ("phone_numbers",)
        return (
            details,
            ("Callback information", {"fields": (self.inbound_urls[obj.account.provider],)}),
            ("WhatsApp phone numbers", {"fields": numbers}),
            ("Validation", {"fields": (*validation, "last_validation_on", "status")}),
            *((more,) if may_edit else ()),
        )

    @admin.display(description="account")
    def account_shown(self, whatsapp_account: WhatsAppAccount) -> str:
        """For who only reads."""
        return str(whatsapp_account.account)

    @admin.display(description="numbers")
    def number_count(self, whatsapp_account: Any) -> int:
        """How many it has."""
        count: int = whatsapp_account._numbers
        return count

    @admin.display(description="numbers")
    def phone_numbers(self, whatsapp_account: WhatsAppAccount) -> str:
        """Its numbers, each with its work stream and a link."""
        rows = []
        for role in whatsapp_account.numbers.select_related("number", "work_stream").order_by("name", "id"):
            url = reverse("admin:channels_app_whatsappnumber_change", args=[role.pk])
            stream = (
                chip("Work stream deleted", "bad") if role.work_stream.deleted_at else str(role.work_stream)
            )
            link = format_html('<a href="{}">{}</a>', url, role.name)
            said = validation_chip(role.last_validation_status)
            rows.append((link, phones.readable(f"+{role.number.value}"), stream, said))
        columns = ["Name", "WhatsApp Number", "Work stream", "Last validation"]
        return table(columns, rows, empty="No WhatsApp number yet.")

    @admin.display(description="Another")
    def add_number(self, whatsapp_account: WhatsAppAccount) -> str:
        """The way to another number of this account."""
        url = f"{reverse('admin:channels_app_whatsappnumber_add')}?whatsapp_account={whatsapp_account.pk}"
        return format_html('<a class="button" href="{}">Add new WhatsApp number</a>', url)

    @admin.display(description="Validate")
    def validate_now(self, whatsapp_account: WhatsAppAccount) -> str:
        """The button; its form stands outside of this one (change_form.html)."""
        words = accounts.words_of(whatsapp_account.account)
        said = f"Asks {words.name} about the {words.external_id}, the {words.secret} and every phone number."
        return format_html(
            '<button type="submit" class="button" form="validate-form">Validate</button>'
            '<span class="note">{}</span>',
            said,
        )

    @admin.display(description="last validation status")
    def status(self, whatsapp_account: WhatsAppAccount) -> str:
        """What the last validation came to."""
        return validation_chip(whatsapp_account.last_validation_status)

    def save_model(self, request: HttpRequest, obj: WhatsAppAccount, form: Any, change: bool) -> None:
        """Find or make the provider account, issue the inbound URL."""
        before = obj.inbound_url_id
        whatsapp.save_account(whatsapp_account=obj, **form.values())
        if before is not None and before != obj.inbound_url_id:
            messages.warning(request, URL_CHANGED.format(accounts.words_of(obj.account).inbound_url))

    def response_post_save_add(self, request: HttpRequest, obj: WhatsAppAccount) -> HttpResponseRedirect:
        """Stay, to show the inbound URL."""
        return page_of(obj.pk)

    def response_post_save_change(self, request: HttpRequest, obj: WhatsAppAccount) -> HttpResponseRedirect:
        """Stay."""
        return page_of(obj.pk)

    # --- deleting ---------------------------------------------------------------------------------

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The accounts, and their numbers."""
        shown: list[Any] = []
        for account in objs:
            shown.append(str(account))
            numbers = account.numbers.select_related("number").order_by("number__value")
            if lines := [f"WhatsApp number {phones.readable(f'+{n.number.value}')}" for n in numbers]:
                shown.append(lines)
        return shown, {"WhatsApp accounts": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: WhatsAppAccount) -> None:
        """Softly."""
        whatsapp.delete_account(whatsapp_account=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Softly."""
        for whatsapp_account in queryset:
            whatsapp.delete_account(whatsapp_account=whatsapp_account)

    # --- Validate ---------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """With Validate."""
        view = self.admin_site.admin_view(self.validate_view)
        extra = path("<int:pk>/validate/", view, name="channels_app_whatsappaccount_validate")
        return [extra, *super().get_urls()]

    def validate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Validate one account; waits for the provider, outside any transaction."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        whatsapp_account = self.get_object(request, str(pk))
        if whatsapp_account is None or not self.has_change_permission(request, whatsapp_account):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined, no-any-return]
        tell_validation(request, whatsapp_account)
        return page_of(pk)

    @admin.action(permissions=["change"], description="Validate")
    def validate_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Validate some accounts, one after the other."""
        ends_at = time.monotonic() + VALIDATED_FOR_S
        left_out = []
        for whatsapp_account in queryset.select_related("account"):
            if time.monotonic() < ends_at:
                tell_validation(request, whatsapp_account, name=f"{whatsapp_account}: ")
            else:
                left_out.append(str(whatsapp_account))
        if left_out:
            names = ", ".join(left_out)
            messages.warning(
                request, f"It took too long to validate all. Validate these by themselves: {names}."
            )


@admin.register(WhatsAppNumber)
class WhatsAppNumberAdmin(ConflictsAreTold):
    """WhatsApp numbers, reached from their account. Deleting one leaves its history."""

    inbound_urls = inbound_url_fields(Channel.WHATSAPP, lambda number: number.whatsapp_account)

    form = WhatsAppNumberForm
    list_display = ("name", "readable", "whatsapp_account", "work_stream")
    list_select_related = ("number", "whatsapp_account", "work_stream")
    search_fields = ("name", "number__value")
    search_help_text = "Name, or digits"
    ordering = ("name", "id")
    # The form's field of this name takes digits; whatsapp.save_number makes the row of them.
    exclude = ("number",)
    delete_confirmation_template = CONFIRM
    delete_selected_confirmation_template = CONFIRM_SELECTED

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """What is chosen here is changed on its own page."""
        made = super().formfield_for_dbfield(db_field, request, **options)
        return without_shortcuts(made) if db_field.name == "work_stream" else made

    def get_fieldsets(self, request: HttpRequest, obj: WhatsAppNumber | None = None) -> Any:
        """The documents' sections."""
        may_edit = self.has_change_permission(request, obj) if obj else True
        number = "number" if may_edit else "readable"
        given = [
            ("Phone number details", {"fields": ("name", "whatsapp_account", number)}),
            ("Work distribution", {"fields": ("work_stream",)}),
        ]
        if may_edit:
            given += [
                ("File attachments", {"fields": whatsapp.SWITCHES}),
                ("More", {"fields": ("messages_per_second",), "classes": ("collapse",)}),
            ]
        if obj is not None:
            url = self.inbound_urls[obj.whatsapp_account.account.provider]
            given.insert(2, ("Callback information", {"fields": (url,)}))
        return given

    def get_readonly_fields(self, request: HttpRequest, obj: WhatsAppNumber | None = None) -> Any:
        """The inbound URL is the account's own."""
        return (*self.inbound_urls.values(), "readable")

    @admin.display(description="WhatsApp Number", ordering="number__value")
    def readable(self, whatsapp_number: WhatsAppNumber) -> str:
        """As people read it."""
        return phones.readable(f"+{whatsapp_number.number.value}") if whatsapp_number.pk else NOTHING

    def save_model(self, request: HttpRequest, obj: WhatsAppNumber, form: Any, change: bool) -> None:
        """Give the account its number."""
        whatsapp.save_number(whatsapp_number=obj, **form.values())

    def response_post_save_add(self, request: HttpRequest, obj: WhatsAppNumber) -> HttpResponseRedirect:
        """Back to the account, where it stands among its phone numbers."""
        return page_of(obj.whatsapp_account_id)

    def response_post_save_change(self, request: HttpRequest, obj: WhatsAppNumber) -> HttpResponseRedirect:
        """The same."""
        return page_of(obj.whatsapp_account_id)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only the numbers' place in their accounts."""
        return [str(number) for number in objs], {"WhatsApp numbers": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: WhatsAppNumber) -> None:
        """Softly."""
        whatsapp.delete_number(whatsapp_number=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Softly."""
        for whatsapp_number in queryset:
            whatsapp.delete_number(whatsapp_number=whatsapp_number)
