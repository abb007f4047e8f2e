"""Small files of every usual kind, for whoever sends one without bringing it along."""

import base64
import struct
import zlib

# One grey pixel.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU"
    "FRUVDA8XGBYUGBIUFRT/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI"
    "AQEAAD8AVN//2Q=="
)
GIF = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0/\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
VCARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:{last};{first};;;\r\nFN:{first} {last}\r\n"
    "TEL;TYPE=CELL:{phone}\r\nEND:VCARD\r\n"
)
HTML = b"<!doctype html><title>Log in</title><script>alert(1)</script><p>Please log in.</p>"


def png(width: int = 96, height: int = 64, *, hue: int = 0) -> bytes:
    """A picture with a gradient, so that one can see that it arrived; `hue` 0 to 255 tells two apart."""
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in _pixel(x / width, y / height, hue))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def vcard(first: str, last: str, phone: str) -> bytes:
    """A contact card; what a card cannot hold in a line is left out."""
    clean = {
        name: "".join(letter for letter in value if letter not in ";,\\\r\n")
        for name, value in {"first": first, "last": last, "phone": phone}.items()
    }
    return VCARD.format(**clean).encode()


def of_type(content_type: str) -> bytes:
    """Something that is what the type says, as far as its first bytes tell."""
    known = {
        "image/jpeg": JPEG,
        "image/gif": GIF,
        "image/webp": WEBP,
        "application/pdf": PDF,
        "text/vcard": vcard("Noor", "Haddad", "+14255550188"),
        "audio/ogg": b"OggS\0\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(9),
        "video/mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64),
    }
    return png() if content_type == "image/png" else known.get(content_type, b"A sample.\n")


def kind_of(content: bytes) -> str:
    """The content type that the first bytes betray, or nothing."""
    starts = {
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"\xff\xd8\xff": "image/jpeg",
        b"GIF8": "image/gif",
        b"%PDF-": "application/pdf",
        b"OggS": "audio/ogg",
        b"BEGIN:VCARD": "text/vcard",
    }
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:10] not in (b"3g", b"M4"):
        return "video/mp4"
    return next((kind for start, kind in starts.items() if content.startswith(start)), "")


def _pixel(across: float, down: float, hue: int) -> tuple[int, int, int]:
    turned = hue / 255
    red, green = 60 + 150 * abs(across - turned), 90 + 120 * down * (1 - turned / 2)
    return int(red), int(green), int(210 - 120 * across)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum
