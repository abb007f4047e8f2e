"""Administration of customers: companies, contacts, and the addresses texts come from."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from contacts import erase_pages, import_pages, masks, merge_pages, search
from contacts.forms import AddressForm, AddressLineForm, AddressLines
from contacts.models import FOR_EVER, Account, Address, Contact, Note
from contacts.services import same_mobile
from contacts.who import full_names
from omnichannel.lib import audit, phones, redact
from omnichannel.lib.backoffice import NOTHING, BoundedPaginator, FoundByIndex, chip, moment, table

__all__ = ["AddressAdmin", "ContactAdmin", "erase_pages", "import_pages", "merge_pages"]
SHOWN_CONTACTS = 50
MOST_ADDRESSES = 100


class CustomerAdmin(FoundByIndex):
    """Lists that may be long: bounded counts, newest first, found by indexes alone.

    `numbers` says which columns hold customers' numbers, and what stands there for who may not see them.
    """

    numbers: ClassVar[dict[str, str]] = {}

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering = ("-id",)
    sortable_by: ClassVar[Any] = ()

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without the right to see them, numbers are masked."""
        return masks.masked_list(super().get_list_display(request), user=request.user, numbers=self.numbers)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        """A record with numbers shows them, and that it was opened is logged."""
        record = options.get("obj")
        if self.numbers and record is not None and request.method == "GET":
            audit.note_read(record, what=masks.OPENED)
        return super().render_change_form(request, context, *args, **options)


@admin.register(Account)
class AccountAdmin(CustomerAdmin):
    """Companies."""

    list_display = ("name", "phone")
    matching = staticmethod(search.accounts_matching)
    search_help_text = "Beginning of the name, or telephone number"
    readonly_fields: ClassVar[Any] = ("contacts_shown", "masked_contacts_shown")

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """Its people once there can be some."""
        company = (None, {"fields": ("name", "phone")})
        may_see = getattr(request.user, "sees_numbers", False)
        shown = "contacts_shown" if may_see else "masked_contacts_shown"
        people = ("Contacts", {"fields": (shown,), "classes": ("panel",)})
        return (company, people) if obj else (company,)

    @admin.display(description="the newest ones")
    def contacts_shown(self, account: Account) -> str:
        """People of the company."""
        return self._contacts(account, lambda contact: contact.mobile_phone)

    @admin.display(description="the newest ones")
    def masked_contacts_shown(self, account: Account) -> str:
        """The same for who may not see their numbers."""
        return self._contacts(account, lambda contact: phones.masked(contact.mobile_phone or ""))

    def _contacts(self, account: Account, number: Callable[[Contact], str | None]) -> str:
        rows = [
            (
                format_html('<a href="{}">{}</a>', reverse("admin:contacts_contact_change", args=[c.pk]), c),
                number(c) or NOTHING,
                c.email or NOTHING,
            )
            for c in account.contacts.order_by("-id")[:SHOWN_CONTACTS]
        ]
        return table(["Contact", "Mobile phone", "E-mail"], rows, empty="No contact belongs to this company.")


class AddressInline(admin.TabularInline):
    """The contact's other numbers: typed in any form, moved from another contact, taken away."""

    model = Address
    form = AddressLineForm
    formset = AddressLines
    fields = ("number", "goes_by", "move")
    readonly_fields = ("goes_by",)
    show_change_link = True
    extra = 1
    max_num = MOST_ADDRESSES
    verbose_name_plural = "addresses that are surely this contact's"
    classes = ("addresses",)

    @admin.display(description="goes by")
    def goes_by(self, address: Address) -> str:
        """The name the sender goes by; whether it is blocked."""
        if not address.pk:
            return ""
        held = chip("Blocked", "bad") if address.is_blocked(timezone.now()) else ""
        return format_html("{} {}", address.profile_name or NOTHING, held)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To take a number away deletes nothing: whoever may change addresses may."""
        return self.has_change_permission(request, obj)


class NoteInline(admin.TabularInline):
    """Notes: written once, by whom and when."""

    model = Note
    fields = ("text", "written_by", "created_at")
    readonly_fields = ("written_by", "created_at")
    extra = 1
    ordering = ("-id",)
    verbose_name_plural = "notes"

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """With the names of all who wrote, read at once."""
        self.people = full_names(obj.notes.values_list("author", flat=True)) if obj else {}
        return super().get_formset(request, obj, **options)

    @admin.display(description="author")
    def written_by(self, note: Note) -> str:
        """Their full name."""
        return self.people.get(note.author, note.author) or NOTHING

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was written stays as it is."""
        return False


class ContactAdmin(CustomerAdmin):
    """Known people. Several may share a mobile phone."""

    list_display = ("__str__", "mobile_phone", "email", "account")
    numbers: ClassVar[dict[str, str]] = {"mobile_phone": "masked_phone"}
    list_select_related = ("account",)
    matching = staticmethod(search.contacts_matching)
    search_help_text = "Beginning of a name, mobile phone in any form, e-mail or company"
    autocomplete_fields = ("account",)
    readonly_fields: ClassVar[Any] = ("identification",)
    inlines = (AddressInline, NoteInline)
    actions: Any = ("merge",)

    @admin.display(description="mobile phone")
    def masked_phone(self, contact: Contact) -> str:
        """Enough to tell one from another."""
        return phones.masked(contact.mobile_phone) if contact.mobile_phone else NOTHING

    @admin.action(description="Merge selected contacts", permissions=["merge"])
    def merge(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Compare them first."""
        ids = ",".join(str(pk) for pk in queryset.order_by("pk").values_list("pk", flat=True)[:50])
        return HttpResponseRedirect(f"{reverse('admin:contact-merge')}?ids={ids}")

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Who may merge."""
        return bool(request.user.has_perm("contacts.add_merge"))

    def get_fieldsets(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """How texts find this person, once there can be some."""
        fields: tuple[Any, ...] = (
            "first_name",
            "last_name",
            "mobile_phone",
            "email",
            "account",
            "external_id",
        )
        person = (None, {"fields": (*fields, "identification") if obj else fields})
        return (person,)

    def get_inlines(self, request: HttpRequest, obj: Contact | None) -> Any:
        """A contact is there before its numbers and notes."""
        return self.inlines if obj else ()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Notes carry who wrote them."""
        if formset.model is Note:
            for line in formset.forms:
                line.instance.author = line.instance.author or request.user.get_username()
        super().save_formset(request, form, formset, change)

    @admin.display(description="whose texts")
    def identification(self, contact: Contact) -> str:
        """What a text from the mobile phone leads to."""
        if not contact.mobile_phone:
            return "No mobile phone: only texts from the addresses below are recognised."
        others = list(same_mobile(contact).order_by("-id")[:10])
        if not others:
            return "Texts from the mobile phone and from the addresses below are linked to this contact."
        links = [
            (format_html('<a href="{}">{}</a>', reverse("admin:contacts_contact_change", args=[o.pk]), o),)
            for o in others
        ]
        said = f"{len(others) + 1} contacts have this mobile phone: texts are not linked automatically."
        return format_html(
            "<p>{}</p><p>Add the number to one contact’s addresses, or merge the contacts.</p>{}",
            chip(said, "warn"),
            table(["Also with this mobile phone"], links, empty=""),
        )


class AddressAdmin(CustomerAdmin):
    """Where texts came from. Made by the first text, kept for ever; linked and blocked by hand."""

    form = AddressForm
    list_display = ("__str__", "kind", "profile_name", "contact", "blocked")
    list_display_links = ("__str__", "masked_value")
    numbers: ClassVar[dict[str, str]] = {"__str__": "masked_value", "profile_name": "masked_profile_name"}
    list_select_related = ("contact",)
    list_filter: ClassVar[Any] = ()
    matching = staticmethod(search.addresses_matching)
    search_help_text = "Telephone number in any form, or beginning of a name"
    autocomplete_fields = ("contact",)
    actions: Any = ()
    fieldsets = (
        (None, {"fields": ("kind", "value", "profile_name", "contact", "created_at")}),
        (
            "Block",
            {
                "description": "Texts of a blocked sender are kept, but reach nobody, and none are sent. "
                "Texts that are waiting to leave are cancelled.",
                "fields": ("is_held", "blocked_until", "block_reason", "blocked"),
            },
        ),
    )
    readonly_fields = ("kind", "value", "profile_name", "created_at", "blocked")

    @admin.display(description="address")
    def masked_value(self, address: Address) -> str:
        """Enough to tell one from another."""
        return phones.masked(address.value)

    @admin.display(description="profile name")
    def masked_profile_name(self, address: Address) -> str:
        """People may call themselves by a number."""
        return redact.numbers(address.profile_name)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A text makes them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their history stays."""
        return False

    @admin.display(description="at present")
    def blocked(self, address: Address) -> str:
        """Since when, until when, by whom, and what was kept."""
        if not address.is_blocked(timezone.now()):
            return "Not blocked"
        assert address.blocked_until is not None
        end = "for ever" if address.blocked_until == FOR_EVER else f"until {moment(address.blocked_until)}"
        who = address.blocked_by
        by = f" by {full_names([who]).get(who, who)}" if who else ""
        kept = "1 text" if address.blocked_texts == 1 else f"{address.blocked_texts} texts"
        return format_html("{} {}{}, {} kept since", chip("Blocked", "bad"), end, by, kept)
