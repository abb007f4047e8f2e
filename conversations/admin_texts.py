"""Texts in, with Route again: what was kept unrouted gets into conversations."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone

from channels_app.admin import InboundTextAdmin
from channels_app.models_receipts import InboundText
from conversations.routing_again import AT_ONCE, route_again
from omnichannel.lib.ids import whole_number

NOTHING_TO_DO = "Nothing was routed: only texts that are unrouted can be."

admin.site.unregister(InboundText)


@admin.register(InboundText)
class InboundTextWithRoutingAdmin(InboundTextAdmin):
    """Customers' texts; unrouted ones can be routed again."""

    actions: Any = ("route_selected",)
    change_form_template = "admin/channels_app/inboundtext/change_form.html"

    def has_route_permission(self, request: HttpRequest) -> bool:
        """Whoever may change texts, though nobody edits one."""
        return request.user.has_perm("channels_app.change_inboundtext")

    @admin.action(permissions=["route"], description="Route again: unrouted texts")
    def route_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Route the unrouted among them."""
        _route(request, queryset)

    def get_urls(self) -> list[Any]:
        """With Route again."""
        view = self.admin_site.admin_view(self.route_view)
        return [
            path("<int:pk>/route-again/", view, name="channels_app_inboundtext_route_again"),
            *super().get_urls(),
        ]

    def route_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Route one text."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_route_permission(request):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined, no-any-return]
        _route(request, InboundText.objects.filter(pk=pk))
        return HttpResponseRedirect(reverse("admin:channels_app_inboundtext_change", args=[pk]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the button where it makes sense."""
        unrouted = InboundText.objects.filter(
            pk=whole_number(object_id) or 0, disposition=InboundText.Disposition.UNROUTED
        )
        may_route = self.has_route_permission(request) and unrouted.exists()
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "may_route": may_route}
        )


def _route(request: HttpRequest, texts: QuerySet[InboundText]) -> None:
    outcome = route_again(texts, by=request.user, now=timezone.now())
    if outcome.routed:
        messages.success(request, f"Routed: {outcome.routed} got into conversations.")
    for reason, count in outcome.kept.items():
        messages.warning(request, f"Not routed: {count}. {reason}")
    if outcome.asked == AT_ONCE:
        messages.warning(request, f"At most {AT_ONCE} are routed at once: do it again for the rest.")
    if not outcome.asked:
        messages.warning(request, NOTHING_TO_DO)
