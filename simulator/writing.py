"""What a customer writes and attaches on the phone's page, as the texts that it makes."""

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass

from simulator import samples
from simulator.companies import Company
from simulator.customers import CustomerText
from simulator.files import FAULTS, File
from simulator.multipart import Upload
from simulator.reading import E164
from simulator.records import Choice, Message
from simulator.twilio.whatsapp import USER_ID, Extras
from simulator.web import Fields

LONGEST_TEXT = 1600
# Twilio takes no more with one text.
MOST_FILES = 10
CAPTIONED = ("image", "video")
DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,15})?")


@dataclass(frozen=True)
class Draft:
    """A filled-in form: who writes to which company, and what."""

    me: str
    company: Company
    body: str
    files: tuple[File, ...]
    form: Fields

    @property
    def is_whatsapp(self) -> bool:
        """Whether it goes over WhatsApp."""
        return self.company.channel == "whatsapp"


def read(me: str, company: Company, form: Fields, uploads: Sequence[Upload]) -> Draft:
    """The draft, good or not: see problem."""
    fault = form.get("fault") if form.get("fault") in FAULTS else ""
    files = tuple(File(_type(each), each.content, each.name, fault) for each in uploads if each.content)
    return Draft(me, company, form.get("body").replace("\r\n", "\n"), files, form)


def problem(draft: Draft) -> str:
    """A sentence that says what to do instead, or nothing."""
    form = draft.form
    special = [form.get(name).strip() for name in ("latitude", "longitude", "contact_name", "contact_phone")]
    if not draft.body.strip() and not draft.files and not any(special):
        return "Write something first."
    if len(draft.body) > LONGEST_TEXT:
        return f"A text has at most {LONGEST_TEXT} characters."
    if draft.files and draft.company.channel == "telesign":
        return "TeleSign carries words only: no pictures, no files."
    if len(draft.files) > MOST_FILES:
        return f"At most {MOST_FILES} files go with one text."
    if any(special[:2]) and not all(DEGREES.fullmatch(each) for each in special[:2]):
        return "A place needs latitude and longitude in degrees, for example 47.3769 and 8.5417."
    return "Give the contact a name and a number." if any(special[2:]) and not all(special[2:]) else ""


def number_problem(me: str, company: Company | None) -> str:
    """What is wrong with the customer's own number."""
    if E164.fullmatch(me) or (USER_ID.fullmatch(me) and company and company.channel == "whatsapp"):
        return ""
    return "Write your number with a plus and the country code, for example +1 425 555 0100."


def texts(draft: Draft) -> list[CustomerText]:
    """One, or on WhatsApp as many as it has parts: it takes one file with a message."""
    if not draft.is_whatsapp:
        files = (*draft.files, *_card(draft))
        return [CustomerText(draft.me, draft.company.address, draft.body, files=files)]
    parts = [*draft.files, *_card(draft)]
    captioned = bool(parts) and parts[0].family in CAPTIONED
    made = [_part(draft, draft.body, None)] if draft.body.strip() and not captioned else []
    made += [
        _part(draft, draft.body if captioned and index == 0 else "", file) for index, file in enumerate(parts)
    ]
    if draft.form.get("latitude").strip():
        made.append(_place(draft))
    return made


def pressed(me: str, company: Company, message: Message, choice: Choice, name: str) -> CustomerText:
    """What pressing a button, or a line of a list, below a company's message sends."""
    if choice.is_of_list:
        extras = Extras(
            profile_name=name,
            reply_to=message.sid,
            list_id=choice.id,
            list_title=choice.title,
            list_description=choice.description,
        )
    else:
        extras = Extras(
            profile_name=name,
            reply_to=message.sid,
            button_text=choice.title,
            button_payload=choice.id,
        )
    return CustomerText(me, company.address, choice.title, whatsapp=extras)


def _part(draft: Draft, body: str, file: File | None) -> CustomerText:
    form = draft.form
    extras = Extras(
        profile_name=form.get("profile_name"),
        forwarded=bool(form.get("forwarded")),
        reply_to=form.get("reply_to"),
        is_sticker=bool(file and file.content_type == "image/webp"),
    )
    files = (file,) if file else ()
    return CustomerText(draft.me, draft.company.address, body, files=files, whatsapp=extras)


def _place(draft: Draft) -> CustomerText:
    form = draft.form
    extras = Extras(
        profile_name=form.get("profile_name"),
        latitude=form.get("latitude").strip(),
        longitude=form.get("longitude").strip(),
        label=form.get("place").strip(),
        address=form.get("address").strip(),
    )
    return CustomerText(draft.me, draft.company.address, "", whatsapp=extras)


def _card(draft: Draft) -> tuple[File, ...]:
    name, phone = draft.form.get("contact_name").strip(), draft.form.get("contact_phone").strip()
    if not name or draft.company.channel == "telesign":
        return ()
    first, _, last = name.partition(" ")
    return (File("text/vcard", samples.vcard(first, last, phone), f"{name}.vcf"),)


def _type(upload: Upload) -> str:
    """The browser's word; by the name where it has none."""
    told = upload.content_type.partition(";")[0].strip().lower()
    if told in ("", "application/octet-stream"):
        return mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
    return told
