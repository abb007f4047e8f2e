"""Where customers' files lie: a folder, or a bucket of an S3-compatible store, by one setting."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages

from channels_app import media_files
from omnichannel.lib.environment import media_storage
from tests.media_host import picture


class Bucket:
    """As much of S3's REST API as a storage needs: objects by path, and a list by prefix."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.authorizations: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(bucket: "Bucket") -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def key(self) -> str:
                bucket.authorizations.add(self.headers.get("Authorization", "").partition("/")[0])
                return unquote(urlsplit(self.path).path)

            def answer(self, status: int, body: bytes = b"", length: int | None = None) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.send_header("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
                self.send_header("ETag", '"tag"')
                self.end_headers()
                self.wfile.write(body)

            def do_PUT(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                if "aws-chunked" in self.headers.get("Content-Encoding", ""):
                    raw = unchunked(raw)
                bucket.objects[self.key()] = raw
                self.answer(200)

            def do_GET(self) -> None:
                key = self.key()
                found = bucket.objects.get(key)
                self.answer(404 if found is None else 200, found or b"")

            def do_HEAD(self) -> None:
                found = bucket.objects.get(self.key())
                self.answer(404 if found is None else 200, length=len(found or b""))

            def do_DELETE(self) -> None:
                bucket.objects.pop(self.key(), None)
                self.answer(204)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def unchunked(raw: bytes) -> bytes:
    """The body in AWS's chunks: size in hex, a line end, that many bytes, a line end."""
    body = b""
    while raw:
        head, _, raw = raw.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if size == 0:
            break
        body, raw = body + raw[:size], raw[size + 2 :]
    return body


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    made = Bucket()
    yield made
    made.close()


@pytest.mark.django_db
def test_the_setting_chooses_a_bucket(bucket: Bucket, settings: Any, tmp_path: Path) -> None:
    url = (
        f"s3://fake-key:fake-secret@files/customers?endpoint={bucket.url}&region=eu-central-1&addressing=path"
    )
    settings.STORAGES = {**settings.STORAGES, "media": media_storage("MEDIA_STORAGE", url, folder=tmp_path)}
    assert type(storages["media"]).__name__ == "S3Storage"
    body = picture()
    kept = media_files.keep(body, content_type="image/jpeg")
    assert set(bucket.objects) == {f"/files/customers/{kept.file}", f"/files/customers/{kept.thumbnail}"}
    assert bucket.objects[f"/files/customers/{kept.file}"] == body
    with media_files.storage().open(kept.file) as opened:
        assert (opened.size, opened.read()) == (len(body), body)
    assert bucket.authorizations == {"AWS4-HMAC-SHA256 Credential=fake-key"}
    assert media_files.discard([kept.file]) == 1
    assert bucket.objects == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_without_the_setting_files_lie_in_a_folder_that_only_we_read(settings: Any, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    settings.STORAGES = {**settings.STORAGES, "media": media_storage("MEDIA_STORAGE", "", folder=folder)}
    kept = media_files.keep(b"%PDF-1.4", content_type="application/pdf")
    assert (folder / kept.file).read_bytes() == b"%PDF-1.4"
    assert (folder / kept.file).stat().st_mode & 0o777 == 0o600
    assert (folder / kept.file).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/srv/files", "must look like"),
        ("gs://bucket", "must look like"),
        ("s3://", "must look like"),
        ("s3:///prefix", "must look like"),
        ("s3://bucket?zone=1", "parameter zone"),
        ("s3://bucket?endpoint=http://store.example.com", "must use https"),
        ("s3://bucket?addressing=odd", "addressing"),
        ("s3://key@bucket", "without its secret"),
    ],
)
def test_wrong_values_refuse_to_start(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        media_storage("MEDIA_STORAGE", url, folder=tmp_path)


def test_a_wrong_value_does_not_tell_its_secret(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured) as told:
        media_storage("MEDIA_STORAGE", "s3://key:never-shown@bucket?zone=1", folder=tmp_path)
    assert "never-shown" not in str(told.value)


def test_without_its_packages_a_bucket_refuses_to_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("omnichannel.lib.environment.find_spec", lambda _name: None)
    with pytest.raises(ImproperlyConfigured, match=r"requirements-s3\.txt"):
        media_storage("MEDIA_STORAGE", "s3://bucket", folder=tmp_path)
