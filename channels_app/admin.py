"""Administration of the wire: SMS settings and numbers, accounts, and what came in and went out."""

from typing import Any, ClassVar
from urllib.parse import parse_qsl

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from channels_app import accounts, receipts
from channels_app.forms import (
    NOT_A_LONG_CODE_OF_THE_US,
    ProviderAccountForm,
    SmsNumberForm,
    SmsSettingsForm,
)
from channels_app.models import (
    Delivery,
    OptOut,
    ProviderAccount,
    ProviderCall,
    Refusal,
    SmsNumber,
    SmsSettings,
    WebhookReceipt,
)
from channels_app.status import FINAL
from omnichannel.lib import phones, redact
from omnichannel.lib.backoffice import NOTHING, RecordAdmin, chip, copyable, table, without_shortcuts

LEVELS = {"success": messages.SUCCESS, "warning": messages.WARNING, "error": messages.ERROR}
CHIPS = {"success": "ok", "warning": "warn", "error": "bad"}
VALIDATED_AT_ONCE = 5
WHERE_TO_PASTE = (
    "Copy this value. In your Twilio account, open Phone Numbers > Active Numbers, select the SMS phone "
    "number, and paste it under Messaging, at “A message comes in”."
)


def validation_chip(status: str) -> str:
    """A stored result, with its level as a word and a colour."""
    level, _, said = status.partition(": ")
    return format_html("{} {}", chip(level.capitalize(), CHIPS.get(level, "")), said) if said else NOTHING


NEW_URL = "The Twilio inbound URL has changed with the account: paste the new one at Twilio."


class ConflictsAreTold(admin.ModelAdmin):
    """What only the database could know (two people saved the same at once) is told as a message."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The page; after a conflict, the page again."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except accounts.Conflict as conflict:
            self.message_user(request, str(conflict), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class OfWorkStreamAdmin(ConflictsAreTold):
    """A record that belongs to a work stream with SMS settings, and shows its inbound URL."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """The stream is chosen here, and changed on its own page."""
        made = super().formfield_for_dbfield(db_field, request, **options)
        return without_shortcuts(made) if db_field.name == "work_stream" else made

    @admin.display(description="Twilio inbound URL")
    def twilio_inbound_url(self, record: Any) -> str:
        """The URL to paste at the provider."""
        found = (
            SmsSettings.objects.select_related("inbound_url")
            .filter(work_stream=record.work_stream_id)
            .first()
        )
        if found is None:
            return NOTHING
        url = copyable(accounts.inbound_address(found.inbound_url), what="the Twilio inbound URL")
        return format_html('{}<span class="note">{}</span>', url, WHERE_TO_PASTE)


@admin.register(SmsSettings)
class SmsSettingsAdmin(OfWorkStreamAdmin):
    """SMS settings of work streams, with Validate API Key."""

    form = SmsSettingsForm
    list_display = ("work_stream", "account", "last_validation_on", "status")
    list_select_related = ("work_stream", "account")
    ordering = ("work_stream__name",)
    actions: Any = ("validate_selected",)
    change_form_template = "admin/channels_app/smssettings/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those of streams in use."""
        return super().get_queryset(request).filter(work_stream__deleted_at=None)

    def get_readonly_fields(self, request: HttpRequest, obj: SmsSettings | None = None) -> Any:
        """The stream stays; what the provider said is read only."""
        shown = ("twilio_inbound_url", "last_validation_on", "status")
        return ("work_stream", *shown) if obj else shown

    def get_fieldsets(self, request: HttpRequest, obj: SmsSettings | None = None) -> Any:
        """The inbound URL and the validation after the first save."""
        secondary = ["secondary_auth_token"]
        if obj is not None and obj.account.secondary_secret:
            secondary.append("remove_secondary")
        given = ("SMS Settings", {"fields": ("work_stream", "provider", "account_sid", "auth_token")})
        more = ("More", {"fields": (*secondary, "base_url"), "classes": ("collapse",)})
        if obj is None:
            return given, more
        connection = ("Connection to Twilio", {"fields": ("twilio_inbound_url",)})
        validation = ("Validation", {"fields": ("last_validation_on", "status")})
        return given, connection, validation, more

    @admin.display(description="last validation status")
    def status(self, sms_settings: SmsSettings) -> str:
        """What the last Validate API Key came to."""
        return validation_chip(sms_settings.last_validation_status)

    def save_model(self, request: HttpRequest, obj: SmsSettings, form: Any, change: bool) -> None:
        """Find or make the account, issue the inbound URL."""
        before = obj.inbound_url_id
        accounts.save_sms_settings(sms_settings=obj, **form.values())
        if before is not None and before != obj.inbound_url_id:
            messages.warning(request, NEW_URL)

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
        chosen = list(queryset.select_related("account", "work_stream")[: VALIDATED_AT_ONCE + 1])
        for sms_settings in chosen[:VALIDATED_AT_ONCE]:
            self._validate(request, sms_settings, name=f"{sms_settings.work_stream}: ")
        if len(chosen) > VALIDATED_AT_ONCE:
            messages.warning(
                request, f"Only the first {VALIDATED_AT_ONCE} were validated: each may take a while."
            )

    def _validate(self, request: HttpRequest, sms_settings: SmsSettings, *, name: str = "") -> None:
        for check in accounts.validate(sms_settings=sms_settings):
            messages.add_message(request, LEVELS[check.level], f"{name}{check.text}")


@admin.register(SmsNumber)
class SmsNumberAdmin(OfWorkStreamAdmin):
    """SMS numbers. Deleting one takes it away from its stream; its history stays."""

    form = SmsNumberForm
    list_display = ("readable", "work_stream", "type", "description")
    list_display_links = ("readable",)
    list_select_related = ("number", "work_stream")
    search_fields = ("number__value", "description")
    search_help_text = "Digits, or description"
    ordering = ("number__value",)
    # The form's field of this name takes digits; accounts.save_sms_number makes the row of them.
    exclude = ("number",)
    fields: ClassVar[Any] = ("number", "type", "description", "work_stream", "messages_per_second")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those of streams in use."""
        return super().get_queryset(request).filter(work_stream__deleted_at=None)

    def get_fieldsets(self, request: HttpRequest, obj: SmsNumber | None = None) -> Any:
        """The inbound URL after the first save."""
        given = ("SMS Number", {"fields": self.fields})
        return (given, ("Connection to Twilio", {"fields": ("twilio_inbound_url",)})) if obj else (given,)

    def get_readonly_fields(self, request: HttpRequest, obj: SmsNumber | None = None) -> Any:
        """The inbound URL is the settings' own."""
        return ("twilio_inbound_url",)

    @admin.display(description="number", ordering="number__value")
    def readable(self, sms_number: SmsNumber) -> str:
        """As people read it."""
        return phones.readable(f"+{sms_number.number.value}")

    def save_model(self, request: HttpRequest, obj: SmsNumber, form: Any, change: bool) -> None:
        """Give the stream its number."""
        value = form.cleaned_data["number"]
        accounts.save_sms_number(
            sms_number=obj,
            work_stream=form.cleaned_data["work_stream"],
            value=value,
            messages_per_second=form.cleaned_data["messages_per_second"],
        )
        if not accounts.is_us_number(value):
            messages.warning(request, NOT_A_LONG_CODE_OF_THE_US)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only the numbers' place in their streams."""
        return [str(number) for number in objs], {"SMS numbers": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: SmsNumber) -> None:
        """Take it away from its stream."""
        accounts.remove_sms_number(sms_number=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take them away from their streams."""
        for sms_number in queryset:
            accounts.remove_sms_number(sms_number=sms_number)


@admin.register(ProviderAccount)
class ProviderAccountAdmin(admin.ModelAdmin):
    """Accounts at providers: here a secret is replaced for all that use it. SMS settings make them."""

    form = ProviderAccountForm
    list_display = ("external_id", "provider", "base_url", "last_validated_at", "status")
    list_display_links = ("external_id",)
    ordering = ("id",)
    actions: Any = ()
    shown = ("provider", "external_id", "base_url", "used_by", "inbound_urls")
    readonly_fields = (*shown, "last_validated_at", "status")

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """Who it is, its secrets, what the provider said last."""
        secrets = ["auth_token", "secondary_auth_token"]
        if obj is not None and obj.secondary_secret:
            secrets.append("remove_secondary")
        return (
            ("Account", {"fields": self.shown}),
            ("Replace the tokens", {"fields": secrets, "description": "For all work streams named above."}),
            ("Validation", {"fields": ("last_validated_at", "status")}),
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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their history stays."""
        return False

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: bool) -> None:
        """Replace what was typed."""
        accounts.replace_secrets(
            account=obj, secret=form.cleaned_data["auth_token"], secondary_secret=form.secondary_secret
        )


# --- records --------------------------------------------------------------------------------------

STATE_CHIPS = {
    "failed": "bad",
    "undelivered": "bad",
    "unknown": "warn",
    "done": "ok",
    "delivered": "ok",
    "read": "ok",
}


def state_chip(state: str) -> str:
    """A state's word, with a colour where it means something."""
    return chip(state.replace("_", " ").capitalize(), STATE_CHIPS.get(state, ""))


@admin.register(WebhookReceipt)
class WebhookReceiptAdmin(RecordAdmin):
    """Requests of providers, as they came. Failed ones can be replayed."""

    list_display = ("receipt", "received_at", "account", "shown_state", "reason", "attempts")
    list_filter = ("state",)
    list_select_related = ("account",)
    actions = ("replay_selected",)
    change_form_template = "admin/channels_app/webhookreceipt/change_form.html"
    fieldsets = (
        (
            "What became of it",
            {"fields": ("shown_state", "reason", "attempts", "received_at", "processed_at")},
        ),
        (
            "What came",
            {"fields": ("account", "request_line", "content_type", "parameters", "raw", "headers_shown")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Bodies are read on the page of one, not in lists."""
        found = super().get_queryset(request)
        return (
            found
            if request.resolver_match and "object_id" in request.resolver_match.kwargs
            else found.defer("body")
        )

    @admin.display(description="receipt")
    def receipt(self, receipt: WebhookReceipt) -> str:
        """Its number."""
        return f"Receipt {receipt.pk}"

    @admin.display(description="state")
    def shown_state(self, receipt: WebhookReceipt) -> str:
        """Its word."""
        return state_chip(receipt.state)

    @admin.display(description="request")
    def request_line(self, receipt: WebhookReceipt) -> str:
        """Method and path."""
        return format_html("<code>{} {}</code>", receipt.method, receipt.path)

    @admin.display(description="parameters")
    def parameters(self, receipt: WebhookReceipt) -> str:
        """The form or query string, decoded, without secrets."""
        raw = receipt.path.partition("?")[2] if receipt.method == "GET" else self._text(receipt)
        if "json" in receipt.content_type:
            return NOTHING
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=None)
        rows = [(name, redact.MASK if redact.SECRET_NAMES.search(name) else value) for name, value in pairs]
        return table(["Name", "Value"], rows, empty="None.")

    @admin.display(description="raw body")
    def raw(self, receipt: WebhookReceipt) -> str:
        """As it came, without secrets; what is no UTF-8 shows as �."""
        return format_html('<pre class="raw">{}</pre>', self._text(receipt) or NOTHING)

    @admin.display(description="headers")
    def headers_shown(self, receipt: WebhookReceipt) -> str:
        """Without signatures and credentials."""
        return table(["Header", "Value"], sorted(redact.mapping(receipt.headers).items()), empty="None kept.")

    def _text(self, receipt: WebhookReceipt) -> str:
        account = receipt.account
        secrets = (account.secret.reveal(), account.secondary_secret.reveal())
        return redact.text(bytes(receipt.body).decode("utf-8", "replace"), secrets=secrets)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whoever may change receipts, though nobody edits one."""
        return request.user.has_perm("channels_app.change_webhookreceipt")

    @admin.action(permissions=["replay"], description="Replay failed receipts")
    def replay_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take failed receipts again."""
        self._replay(request, queryset)

    def get_urls(self) -> list[Any]:
        """With Replay."""
        view = self.admin_site.admin_view(self.replay_view)
        return [
            path("<int:pk>/replay/", view, name="channels_app_webhookreceipt_replay"),
            *super().get_urls(),
        ]

    def replay_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replay one receipt."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_replay_permission(request):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined, no-any-return]
        self._replay(request, WebhookReceipt.objects.filter(pk=pk))
        return HttpResponseRedirect(reverse("admin:channels_app_webhookreceipt_change", args=[pk]))

    def _replay(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = receipts.replay(queryset, now=timezone.now())
        if count:
            messages.success(request, f"Replayed: {count} will be taken again in a moment.")
        else:
            messages.warning(request, "Nothing was replayed: only failed receipts can be.")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the Replay button where it makes sense."""
        failed = (
            WebhookReceipt.objects.filter(pk=object_id, state="failed") if object_id.isdecimal() else None
        )
        may_replay = failed is not None and self.has_replay_permission(request) and failed.exists()
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "may_replay": may_replay}
        )


@admin.register(Refusal)
class RefusalAdmin(RecordAdmin):
    """Requests that were refused: the last fifty of each account, without body."""

    list_display = ("__str__", "at", "account", "reason")
    list_select_related = ("account",)
    fields = ("at", "account", "reason", "computed_url", "headers_present")


@admin.register(OptOut)
class OptOutAdmin(RecordAdmin):
    """Pairs of number and customer that are closed, or were."""

    list_display = ("address", "number", "started_at", "ended_at", "source")
    list_display_links = ("address",)
    list_select_related = ("address", "number")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("address__value",)
    search_help_text = "The customer's number"
    fields = ("address", "number", "started_at", "ended_at", "source")


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    """Texts on their way out, and what became of them."""

    list_display = ("delivery", "address", "number", "shown_state", "explanation", "created_at")
    list_filter = ("state",)
    list_select_related = ("address", "number")
    search_fields = ("=external_id",)
    search_help_text = "The provider's id, whole"
    fieldsets = (
        ("The text", {"fields": ("text", "address", "number", "priority", "created_at")}),
        (
            "What became of it",
            {"fields": ("shown_state", "state_changed_at", "why", "external_id", "attempts")},
        ),
        ("What happened", {"fields": ("events_shown", "retried", "not_before", "not_after", "next_try")}),
    )

    @admin.display(description="delivery")
    def delivery(self, delivery: Delivery) -> str:
        """Its number."""
        return f"Delivery {delivery.pk}"

    @admin.display(description="state")
    def shown_state(self, delivery: Delivery) -> str:
        """Its word."""
        return state_chip(delivery.state)

    @admin.display(description="why")
    def why(self, delivery: Delivery) -> str:
        """The sentence, our word, and the provider's code with its page."""
        url = accounts.provider_of(delivery.account).error_url(delivery.provider_code)
        link = format_html('<a href="{}" rel="noreferrer">{}</a>', url, delivery.provider_code) if url else ""
        return (
            format_html("{} {} {}", delivery.explanation, delivery.error, link) if delivery.error else NOTHING
        )

    @admin.display(description="in order")
    def events_shown(self, delivery: Delivery) -> str:
        """What we did and each report."""
        events = delivery.events.order_by("id")[:100]
        rows = [
            (timezone.localtime(e.at).strftime("%Y-%m-%d %H:%M:%S"), e.word, e.provider_code, e.detail)
            for e in events
        ]
        return table(["When", "Word", "Code", "Detail"], rows, empty="Nothing yet.")

    @admin.display(description="try again of")
    def retried(self, delivery: Delivery) -> str:
        """The delivery before this one."""
        return str(delivery.retry_of) if delivery.retry_of else NOTHING

    @admin.display(description="next try at")
    def next_try(self, delivery: Delivery) -> object:
        """Only while there will be one."""
        return NOTHING if delivery.state in FINAL else timezone.localtime(delivery.next_attempt_at)


@admin.register(ProviderCall)
class ProviderCallAdmin(RecordAdmin):
    """Our requests to providers, without secrets."""

    list_display = ("__str__", "at", "account", "shown_status", "duration_ms")
    list_select_related = ("account",)
    fields = (
        "at",
        "account",
        "delivery",
        "method",
        "url",
        "shown_status",
        "duration_ms",
        "error",
        "answer_shown",
    )

    @admin.display(description="answer")
    def shown_status(self, call: ProviderCall) -> str:
        """The status, or why there was none."""
        if call.status is None:
            return chip(call.error or "No answer", "bad")
        return chip(call.status, "bad" if call.status >= 400 else "")

    @admin.display(description="body")
    def answer_shown(self, call: ProviderCall) -> str:
        """As it came, without secrets."""
        return format_html('<pre class="raw">{}</pre>', call.answer or NOTHING)
