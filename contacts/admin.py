"""Administration of customers: companies, contacts, and the addresses texts come from."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from contacts.models import Account, Address, Contact
from contacts.services import change_address
from omnichannel.lib import phones
from omnichannel.lib.backoffice import BoundedPaginator, table

FEWEST_DIGITS = 4


class CustomerAdmin(admin.ModelAdmin):
    """Lists that may be long: bounded counts, newest first."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering = ("-id",)
    sortable_by: ClassVar[Any] = ()
    phone_fields: tuple[str, ...] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Also telephone numbers in whatever form they are written."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        digits = "".join(phones.DIGITS.findall(search_term))
        if len(digits) >= FEWEST_DIGITS and not any(c.isalpha() for c in search_term):
            by_phone = Q()
            for name in self.phone_fields:
                by_phone |= Q(**{f"{name}__contains": digits})
            found = queryset.filter(by_phone)
        return found, may_repeat


@admin.register(Account)
class AccountAdmin(CustomerAdmin):
    """Companies."""

    list_display = ("name", "phone")
    search_fields = ("name", "phone")
    search_help_text = "Name or telephone number"
    phone_fields = ("phone",)
    fields = ("name", "phone")


@admin.register(Contact)
class ContactAdmin(CustomerAdmin):
    """Known people. Several may share a mobile phone."""

    list_display = ("__str__", "mobile_phone", "email", "account")
    list_select_related = ("account",)
    search_fields = ("first_name", "last_name", "mobile_phone", "email", "account__name")
    search_help_text = "Name, mobile phone in any form, e-mail or company"
    phone_fields = ("mobile_phone",)
    autocomplete_fields = ("account",)
    readonly_fields = ("addresses",)

    def get_fieldsets(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """The addresses once there can be some."""
        person = (None, {"fields": ("first_name", "last_name", "mobile_phone", "email", "account")})
        return (person, ("Addresses", {"fields": ("addresses",)})) if obj else (person,)

    @admin.display(description="texts come from")
    def addresses(self, contact: Contact) -> str:
        """Addresses that are surely this person's."""
        rows = [
            (
                format_html('<a href="{}">{}</a>', reverse("admin:contacts_address_change", args=[a.pk]), a),
                a.get_kind_display(),
                a.profile_name,
            )
            for a in contact.addresses.order_by("id")[:50]
        ]
        empty = "None linked by hand. Texts from the mobile phone above are recognised without."
        return table(["Address", "Kind", "Goes by"], rows, empty=empty)


@admin.register(Address)
class AddressAdmin(CustomerAdmin):
    """Where texts came from. Made by the first text, kept for ever; linked and blocked by hand."""

    list_display = ("__str__", "kind", "profile_name", "contact", "blocked_until")
    list_select_related = ("contact",)
    list_filter = ("kind",)
    search_fields = ("value", "profile_name", "contact__last_name")
    search_help_text = "Telephone number in any form, or name"
    phone_fields = ("value",)
    autocomplete_fields = ("contact",)
    actions: Any = ()
    fields = ("kind", "value", "profile_name", "contact", "blocked_until", "created_at")
    readonly_fields = ("kind", "value", "profile_name", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A text makes them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their history stays."""
        return False

    def save_model(self, request: HttpRequest, obj: Address, form: Any, change: bool) -> None:
        """Contact and block."""
        change_address(obj, contact=obj.contact, blocked_until=obj.blocked_until)
