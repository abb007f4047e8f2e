"""The administration site: its map, and what every page of it has in common."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.options import FORMFIELD_FOR_DBFIELD_DEFAULTS
from django.db.models import ForeignKey, ManyToManyField, OneToOneField
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone

from omnichannel.first_steps import first_steps
from omnichannel.home import home_for
from omnichannel.lib.backoffice import NOTHING, PAGES
from omnichannel.lib.choices import OneRecord, SeveralRecords
from omnichannel.names import NAMES

# What forms of records, rows below them included, choose records with, before a class says otherwise.
for _field in (ForeignKey, OneToOneField):
    FORMFIELD_FOR_DBFIELD_DEFAULTS[_field] = {"form_class": OneRecord}
FORMFIELD_FOR_DBFIELD_DEFAULTS[ManyToManyField] = {"form_class": SeveralRecords}

# Section -> records ("app.Model") and pages (by name, see omnichannel.lib.backoffice.page), in the documents'
# order. What a person may not see is left out.
MAP = {
    "Work Distribution Management": ("routing.WorkStream", "routing.Queue", "agents.Agent"),
    "Channels": (
        "channels_app.SmsSettings",
        "channels_app.SmsNumber",
        "channels_app.WhatsAppAccount",
        "channels_app.ContentTemplate",
        "channels_app.ProviderAccount",
        "deleted-channels",
    ),
    "Customers": (
        "contacts.Contact",
        "contacts.Account",
        "contacts.Address",
        "channels_app.OptOut",
        "contact-imports",
        "contact-merges",
        "customer-erasures",
    ),
    "Conversations": ("conversations.Conversation", "conversations.QuickReply"),
    "Diagnostics": (
        "channel-health",
        "channels_app.Incident",
        "channels_app.WebhookReceipt",
        "channels_app.InboundText",
        "channels_app.Refusal",
        "channels_app.Delivery",
        "channels_app.Media",
        "channels_app.ProviderCall",
        "workers",
    ),
    "Settings": (
        "routing.ChannelSetting",
        "conversations.DeskSettings",
        "agents.User",
        "invitations",
        "auth.Group",
        "rights",
        "sign_in",
        "configuration",
        "omnichannel.AuditEntry",
    ),
}
# Reached from a record above: rules from their work stream, WhatsApp numbers from their account, messages
# from their conversation.
REACHED_OTHERWISE = ("routing.RoutingRule", "channels_app.WhatsAppNumber", "conversations.Message")
# What libraries register for themselves: of no use to people, and tokens are nobody's to read.
# auditlog: its entries are ours, and so is their page.
LEFT_OUT = frozenset({"django_q", "knox", "axes", "auditlog"})


class Audited:
    """Put before each ModelAdmin: changes are told by the audit log alone (omnichannel/audited.py).

    An admin class may say `trail(record)`: the breadcrumbs to its records, where they are not their list.
    """

    def log_addition(self, *_: Any) -> None:
        """Told already."""

    def log_change(self, *_: Any) -> None:
        """Told already."""

    def log_deletions(self, *_: Any) -> None:
        """Told already."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The audit log's entries of the record."""
        from omnichannel.audit_log.history import history_view  # needs the models, which come later

        return history_view(self, request, object_id)

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> Any:
        """Below the same breadcrumbs as the record's own page."""
        trail = getattr(self, "trail", None)
        context["trail"] = trail(context["object"]) if trail else []
        page: Any = super()
        return page.render_delete_form(request, context)


def audited(admin_class: type[ModelAdmin], models: list[Any]) -> type[ModelAdmin]:
    """The class, Audited; for records whose changes the log keeps, Simultaneous as well."""
    if issubclass(admin_class, Audited):
        return admin_class
    from omnichannel.audited import AUDITED  # these need the models, which come later
    from omnichannel.simultaneous import Simultaneous

    is_logged = all(model._meta.label_lower in AUDITED for model in models)
    before = (Audited, Simultaneous) if is_logged else (Audited,)
    return type(admin_class.__name__, (*before, admin_class), {"__module__": admin_class.__module__})


class AdministrationSite(AdminSite):
    """Omnichannel Administration."""

    site_header = site_title = "Omnichannel Administration"
    index_title = "Administration"
    site_url = "/desk/"
    enable_nav_sidebar = True
    empty_value_display = NOTHING

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models, except those of LEFT_OUT."""
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        library = getattr(admin_class, "__module__", "").partition(".")[0]
        ours = [m for m in models if not {m._meta.app_label, library} & LEFT_OUT]
        super().register(ours, audited(admin_class or ModelAdmin, ours), **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The sections of MAP, each with what the user may see."""
        found = {
            model["model"]._meta.label: {**model, "label": model["model"]._meta.label}
            for app in self._build_app_dict(request).values()
            for model in app["models"]
        }
        sections = []
        for name, labels in MAP.items():
            entries = [entry for label in labels if (entry := found.get(label) or page_entry(label, request))]
            if entries:
                models = [
                    {**entry, "name": NAMES.get(entry["label"], ("", entry["name"]))[1]} for entry in entries
                ]
                sections.append(
                    {"name": name, "app_label": "", "app_url": "", "has_module_perms": True, "models": models}
                )
        return sections

    def get_urls(self) -> list[Any]:
        """Those of the records, after those of our own pages."""
        ours = [path(page.route, self.admin_view(page.guarded), name=page.name) for page in PAGES.values()]
        return [*ours, *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """What wants a person, what to set up next, and the map."""
        may_set_up = request.user.has_perm("routing.add_workstream")
        way, ways = first_steps(request.GET.get("way", "")) if may_set_up else (None, [])
        steps = way.steps if way else []
        context = {
            "home": home_for(request.user, now=timezone.now()),
            "way": way,
            "ways": ways,
            "steps": steps,
            "next_step": next((step for step in steps if not step.is_done), None),
        }
        return super().index(request, {**context, **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """There is one log-in page, which also asks for a second factor; it checks where `next` leads."""
        asked = request.GET.get("next", reverse("admin:index"))
        return HttpResponseRedirect(f"{reverse('login')}?{urlencode({'next': asked}, safe='/')}")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """One's own password is changed on the page of one's own account."""
        return HttpResponseRedirect(reverse("account-password"))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        """Rooms of the code are no places for people: all is on the first page."""
        return HttpResponseRedirect(reverse("admin:index"))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """As usual; a NUL in the query string, which databases refuse, is a bad request."""
        wrapped = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **options: Any) -> Any:
            if "%00" in request.META.get("QUERY_STRING", ""):
                return HttpResponseBadRequest("Bad request.")
            return wrapped(request, *args, **options)

        return guarded


def page_entry(name: str, request: HttpRequest) -> dict[str, Any] | None:
    """A page of our own as a line of the map; None when there is none or this person may not open it."""
    page = PAGES.get(name)
    if page is None or not page.is_allowed(request):
        return None
    url = reverse(f"admin:{page.name}")
    return {"label": name, "name": page.title, "object_name": page.name, "admin_url": url, "add_url": None}
