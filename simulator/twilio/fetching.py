"""Fetching the files of a text that the product sends, as Twilio does: HEAD, GET, and a look at what came.

Types and sizes after twilio.com/docs/messaging/guides/accepted-mime-types and
twilio.com/docs/whatsapp/guidance-whatsapp-media-messages; codes after Twilio's error dictionary, read 2026.
"""

from dataclasses import dataclass

import requests

from simulator import samples
from simulator.files import File
from simulator.records import Message

MB = 1024 * 1024
TIMEOUT_S = (5.0, 15.0)
CHUNK = 64 * 1024
LARGEST_MMS = 5 * MB
LARGEST_WHATSAPP = 16 * MB
LARGEST_WHATSAPP_IMAGE = 5 * MB
DOCUMENTS = ("msword", "vnd.openxmlformats-officedocument.wordprocessingml.document")
SHEETS = ("vnd.openxmlformats-officedocument.spreadsheetml.sheet",)
SLIDES = ("vnd.openxmlformats-officedocument.presentationml.presentation",)
WHATSAPP_TYPES = frozenset(
    {
        *("image/jpeg", "image/png", "image/webp"),
        *("audio/ogg", "audio/amr", "audio/3gpp", "audio/aac", "audio/mpeg"),
        *("video/mp4", "application/pdf", "text/vcard"),
        *(f"application/{name}" for name in (*DOCUMENTS, *SHEETS, *SLIDES)),
    }
)
MMS_FAMILIES = ("image", "audio", "video", "text")


@dataclass(frozen=True)
class Codes:
    """What a channel's text fails with."""

    unreachable: int
    wrong_type: int
    too_large: int


CODES = {"sms": Codes(11200, 12300, 30019), "whatsapp": Codes(63019, 63021, 63019)}


class RefusedError(Exception):
    """The file cannot go out; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def fetch_all(message: Message) -> list[File]:
    """The files of a text. Raises RefusedError."""
    channel = "whatsapp" if message.is_whatsapp else "sms"
    codes = CODES[channel]
    files = [_fetch(url, channel, codes) for url in message.media]
    if channel == "sms" and sum(len(file.content) for file in files) > LARGEST_MMS:
        raise RefusedError(codes.too_large)
    return files


def _fetch(url: str, channel: str, codes: Codes) -> File:
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["User-Agent"] = "TwilioProxy/1.1"
            head = session.head(url, timeout=TIMEOUT_S, allow_redirects=True)
            answer = session.get(url, timeout=TIMEOUT_S, stream=True)
            content = _content(answer, codes)
    except (requests.RequestException, ValueError) as error:
        raise RefusedError(codes.unreachable) from error
    if head.status_code != 200 or answer.status_code != 200:
        raise RefusedError(codes.unreachable)
    content_type = _type(answer)
    is_true = _type(head) == content_type and samples.kind_of(content) in ("", content_type)
    if not is_true or not _is_carried(channel, content_type):
        raise RefusedError(codes.wrong_type)
    is_image = channel == "whatsapp" and content_type.startswith("image/")
    if is_image and len(content) > LARGEST_WHATSAPP_IMAGE:
        raise RefusedError(codes.too_large)
    return File(content_type, content, name=url.partition("?")[0].rstrip("/").rpartition("/")[2])


def _content(answer: requests.Response, codes: Codes) -> bytes:
    content = b""
    for chunk in answer.iter_content(CHUNK):
        content += chunk
        if len(content) > LARGEST_WHATSAPP:
            raise RefusedError(codes.too_large)
    return content


def _type(answer: requests.Response) -> str:
    told = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return "text/vcard" if told == "text/x-vcard" else told


def _is_carried(channel: str, content_type: str) -> bool:
    if channel == "whatsapp":
        return content_type in WHATSAPP_TYPES
    return content_type.partition("/")[0] in MMS_FAMILIES or content_type == "application/pdf"
