"""What an exception says about a request: did it leave? Real sockets, on this machine."""

import contextlib
import datetime
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from omnichannel.lib import http
from omnichannel.lib.http import Call, RecordingSession, surely_not_sent

Handler = Callable[[socket.socket], None]
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over https only public hosts are reached; these servers stand for one."""
    monkeypatch.setattr(http, "is_public", lambda address: True)


@contextlib.contextmanager
def server(handle: Handler) -> Iterator[int]:
    """A server for one connection; yields its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError), listening.accept()[0] as accepted:
            accepted.settimeout(5)
            handle(accepted)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.close()
    thread.join(5)


def request_of(connection: socket.socket) -> bytes:
    """Read a request with its body."""
    read = b""
    while not read.endswith(b"Body=hi"):
        read += connection.recv(4096)
    return read


def post(url: str, **options: object) -> BaseException:
    """Post a small form; returns what it raised."""
    calls: list[Call] = []
    session = RecordingSession(calls.append)
    with pytest.raises(requests.RequestException) as raised:
        session.post(url, data={"Body": "hi"}, **options)
    assert [call.error for call in calls] == [type(raised.value).__name__]
    assert calls[0].status is None
    return raised.value


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_refused_was_never_sent():
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    assert surely_not_sent(post(f"http://127.0.0.1:{port}/"))


def test_an_unknown_host_was_never_sent(monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert surely_not_sent(post("https://api.twilio.example/"))


def test_a_connection_that_is_not_made_in_time_was_never_sent(monkeypatch):
    monkeypatch.setattr(http, "CONNECT_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        # The first fills the backlog of a server that never accepts.
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        error = post(f"http://127.0.0.1:{full.getsockname()[1]}/")
        for one in waiting:
            one.close()
    assert isinstance(error, requests.ConnectTimeout)
    assert surely_not_sent(error)


def test_an_untrusted_certificate_was_never_sent(certificate, loopback_is_public):
    seen = []

    def handle(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with context.wrap_socket(connection, server_side=True) as secure:
            seen.append(secure.recv(4096))

    with server(handle) as port:
        error = post(f"https://localhost:{port}/")
    assert isinstance(error, requests.exceptions.SSLError)
    assert surely_not_sent(error)
    assert b"".join(seen) == b""


def test_tls_to_a_plain_port_was_never_sent(loopback_is_public):
    def handle(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with server(handle) as port:
        error = post(f"https://127.0.0.1:{port}/")
    assert isinstance(error, requests.exceptions.SSLError)
    assert surely_not_sent(error)


def test_tls_that_breaks_after_the_request_is_in_doubt(certificate, loopback_is_public):
    got = []

    def handle(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        raw = connection.dup()
        secure = context.wrap_socket(connection, server_side=True)
        got.append(request_of(secure))
        raw.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)  # a record that no key opens
        raw.recv(1024)

    with server(handle) as port:
        error = post(f"https://localhost:{port}/", verify=str(certificate))
    assert got
    assert isinstance(error, requests.exceptions.SSLError)
    assert not surely_not_sent(error)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_connection_that_breaks_after_the_request_is_in_doubt(end):
    got = []

    def handle(connection: socket.socket) -> None:
        got.append(request_of(connection))
        if end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()

    with server(handle) as port:
        error = post(f"http://127.0.0.1:{port}/")
    assert got
    assert not surely_not_sent(error)


def test_no_answer_in_time_is_in_doubt(monkeypatch):
    monkeypatch.setattr(http, "READ_TIMEOUT_S", 0.2)
    with server(lambda c: (request_of(c), c.recv(1))) as port:
        error = post(f"http://127.0.0.1:{port}/")
    assert isinstance(error, requests.ReadTimeout)
    assert not surely_not_sent(error)


def test_half_an_answer_is_in_doubt():
    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{")

    with server(handle) as port:
        error = post(f"http://127.0.0.1:{port}/")
    assert not surely_not_sent(error)


@pytest.mark.parametrize(
    "error", [ValueError("x"), RuntimeError(), requests.RequestException(), requests.ConnectionError()]
)
def test_whatever_is_not_known_is_in_doubt(error):
    assert not surely_not_sent(error)


def test_a_call_is_recorded_without_its_query_and_follows_no_redirect():
    calls: list[Call] = []
    got = []

    def handle(connection: socket.socket) -> None:
        got.append(request_of(connection))
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nok"
        )

    with server(handle) as port:
        answer = RecordingSession(calls.append).post(
            f"http://127.0.0.1:{port}/a?To=%2B14255550177",
            data={"Body": "hi"},
            allow_redirects=True,
            auth=("u", "hush"),
        )
    assert answer.status_code == 302
    assert calls == [Call("POST", f"http://127.0.0.1:{port}/a", 302, calls[0].duration_ms, "ok", "")]
    assert "hush" not in repr(calls)


def test_only_the_beginning_of_an_answer_is_kept():
    calls: list[Call] = []

    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9000)

    with server(handle) as port:
        RecordingSession(calls.append).post(f"http://127.0.0.1:{port}/", data={"Body": "hi"})
    assert len(calls[0].answer) == http.KEPT_BYTES


def test_an_answer_without_end_is_cut_off_and_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 100_000)

    def pour(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 99999999\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with server(pour) as port:
        error = post(f"http://127.0.0.1:{port}/")

    assert isinstance(error, http.TooMuch)
    assert not surely_not_sent(error)


def test_an_answer_that_trickles_is_cut_off_and_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_TIMEOUT_S", 0.3)
    monkeypatch.setattr(http, "CONNECT_TIMEOUT_S", 0.1)

    def trickle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"1\r\nx\r\n")
            time.sleep(0.05)

    with server(trickle) as port:
        error = post(f"http://127.0.0.1:{port}/")

    assert isinstance(error, http.TooMuch)


# --- public hosts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nothing_is_said_over_https_to_a_host_that_is_not_public(host):
    heard = []

    def handle(connection: socket.socket) -> None:
        heard.append(connection.recv(4096) or b"nothing")

    with server(handle) as port:
        error = post(f"https://{host}:{port}/")

    assert set(heard) <= {b"nothing"}
    assert surely_not_sent(error)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("3.4.5.6", True),
        ("2a00:1450::1", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:3.4.5.6", True),
        ("64:ff9b::3.4.5.6", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2002:304:506::", False),
        ("::127.0.0.1", False),
        ("fec0::1", False),
        ("ff0e::1", False),
        ("224.0.1.1", False),
        ("nonsense", False),
    ],
)
def test_private_addresses_are_told_from_public_ones(address, public):
    assert http.is_public(address) is public


def test_patience_bounds_all_requests_of_a_session():
    calls: list[Call] = []
    session = RecordingSession(calls.append, patience_s=0.0)

    with pytest.raises(requests.ReadTimeout):
        session.get("http://127.0.0.1:1/")

    assert calls[0].error == "ReadTimeout"
