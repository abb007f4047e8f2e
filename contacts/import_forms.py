"""Forms of imports: the file, and what its columns are."""

from typing import Any

from django import forms

from contacts.columns import FIELDS, regions
from contacts.models import ImportJob
from omnichannel.lib import csvs

ENCODINGS = {
    "": "Find out",
    "utf-8": "UTF-8",
    "utf-16": "UTF-16 (Excel, “Unicode text”)",
    "latin-1": "Western European (Latin-1, older Excel)",
}


class UploadForm(forms.Form):
    """A CSV file."""

    file = forms.FileField(help_text="CSV with one line of heads, at most 10 MB.", max_length=200)


class ImportForm(forms.Form):
    """What the columns are, and what to do with people who are known."""

    def __init__(self, *args: Any, job: ImportJob, **options: Any) -> None:
        super().__init__(*args, **options)
        self.job = job
        heads = [("", "– not in this file –"), *((str(n), head) for n, head in enumerate(job.columns))]
        for name, label in FIELDS.items():
            self.fields[name] = forms.ChoiceField(
                choices=heads, required=False, label=label, initial=str(job.mapping.get(name, ""))
            )
        self.fields["region"] = forms.ChoiceField(
            choices=regions, label="Numbers without country code are from", initial=job.region
        )
        self.fields["known"] = forms.ChoiceField(
            choices=ImportJob.Known.choices, label="People who are known already", initial=job.known
        )
        kept = "utf-8" if job.encoding == "utf-8-sig" else job.encoding
        choices = [(value, label) for value, label in ENCODINGS.items() if value]
        self.fields["encoding"] = forms.ChoiceField(
            choices=choices,
            initial=kept,
            help_text="Change it when letters such as ü or é look wrong in the preview.",
        )

    @property
    def mapping(self) -> dict[str, int]:
        """Field: column."""
        return {name: int(self.cleaned_data[name]) for name in FIELDS if self.cleaned_data[name] != ""}

    @property
    def new_encoding(self) -> str:
        """Another encoding than the one the file was read in; empty for the same."""
        chosen: str = self.cleaned_data["encoding"]
        same = {self.job.encoding, "utf-8" if self.job.encoding == "utf-8-sig" else ""}
        return "" if chosen in same else chosen


def read(upload: Any) -> bytes:
    """The uploaded bytes; raises csvs.Unreadable before a huge file is taken into memory."""
    from contacts.imports import LARGEST_FILE

    if upload.size > LARGEST_FILE:
        raise csvs.Unreadable(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB: split it.")
    content: bytes = upload.read()
    return content
