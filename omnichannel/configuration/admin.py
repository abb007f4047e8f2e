"""Settings → Configuration file: download, compare, apply."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from agents.roles import ADMINISTRATOR, role_of
from channels_app.forms_credentials import LONGEST_SECRET, SecretInput
from omnichannel.configuration import applying
from omnichannel.configuration.reading import LONGEST_FILE, BadFile
from omnichannel.configuration.sections import secret_called
from omnichannel.lib.backoffice import page, render_page

NO_DIFFERENCE = "Nothing differs: this installation is as the file says."


def is_administrator(request: HttpRequest) -> bool:
    """The whole configuration is the administrators'."""
    return role_of(request.user) == ADMINISTRATOR  # type: ignore[arg-type]


class FileForm(forms.Form):
    """A file, or its text."""

    file = forms.FileField(label="Configuration file", required=False, help_text="YAML, as downloaded here.")
    text = forms.CharField(
        label="or its text",
        required=False,
        strip=False,
        max_length=LONGEST_FILE,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "code"}),
    )

    def clean(self) -> dict[str, Any]:
        """The text of whichever was given."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        upload = found.get("file")
        if upload is not None:
            if upload.size > LONGEST_FILE:
                raise ValidationError({"file": f"The file is larger than {LONGEST_FILE} bytes."})
            try:
                found["text"] = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise ValidationError({"file": "The file is not text in UTF-8."}) from error
        if not found.get("text", "").strip() and not self.errors:
            raise ValidationError({"file": "Choose a file, or paste its text."})
        return found


class ApplyForm(forms.Form):
    """What was compared, and the secrets that it needs and does not hold."""

    text = forms.CharField(strip=False, max_length=LONGEST_FILE, widget=forms.HiddenInput())
    expected = forms.CharField(max_length=64, widget=forms.HiddenInput())

    def __init__(self, *args: Any, tokens: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        for sid in tokens:
            self.fields[f"token_{sid}"] = forms.CharField(
                label=f"{secret_called(sid)} of account {sid}",
                max_length=LONGEST_SECRET,
                widget=SecretInput(),
            )

    def tokens(self) -> dict[str, str]:
        """By account SID."""
        return {
            name.removeprefix("token_"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("token_")
        }


@page(
    "configuration/",
    name="configuration",
    title="Configuration file",
    permission=is_administrator,
)
@require_http_methods(["GET", "POST"])
def compare_view(request: HttpRequest) -> HttpResponse:
    """Download, and compare a file with what is here."""
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return _shown(request, form, form.cleaned_data["text"])
    return _page(request, form=form)


@page(
    "configuration/download/",
    name="configuration_download",
    title="Download the configuration",
    permission=is_administrator,
)
@require_GET
def download_view(request: HttpRequest) -> HttpResponse:
    """The file."""
    name = f"omnichannel-{timezone.localtime():%Y-%m-%d}.yaml"
    return HttpResponse(
        applying.hand_out(),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@page(
    "configuration/apply/",
    name="configuration_apply",
    title="Apply a configuration",
    permission=is_administrator,
)
@require_http_methods(["POST"])
def apply_view(request: HttpRequest) -> HttpResponse:
    """Apply what was compared."""
    text = request.POST.get("text", "")
    file_form = FileForm({"text": text})
    try:
        needed = applying.preview(text)
        form = ApplyForm(request.POST, tokens=needed.tokens)
        if not form.is_valid():
            return _page(request, form=file_form, preview=needed, apply_form=form)
        changes = applying.apply(text, tokens=form.tokens(), expected=form.cleaned_data["expected"])
    except applying.Stale as error:
        messages.warning(request, str(error))
        return _shown(request, file_form, text)
    except (BadFile, applying.Refused) as error:
        return _refused(request, file_form, error)
    said = f"Applied: {len(changes)} record{pluralize(len(changes))} changed."
    messages.success(request, said if changes else NO_DIFFERENCE)
    return HttpResponseRedirect(reverse("admin:configuration"))


def _shown(request: HttpRequest, form: FileForm, text: str) -> HttpResponse:
    try:
        found = applying.preview(text)
    except (BadFile, applying.Refused) as error:
        return _refused(request, form, error)
    known = {"text": text, "expected": found.fingerprint}
    apply_form = ApplyForm(initial=known, tokens=found.tokens)
    return _page(request, form=FileForm({"text": text}), preview=found, apply_form=apply_form)


def _refused(request: HttpRequest, form: FileForm, error: ValueError) -> HttpResponse:
    problems = error.problems if isinstance(error, applying.Refused) else [str(error)]
    shown = FileForm({"text": form.data.get("text") or getattr(form, "cleaned_data", {}).get("text", "")})
    return _page(request, form=shown, problems=problems)


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    return render_page(request, "admin/configuration.html", title="Configuration file", **context)
