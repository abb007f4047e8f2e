"""Files both ways: how a customer's is fetched from the provider, and the company's from the product."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from twilio.rest import Client

from simulator import samples
from simulator.customers import ImpossibleTextError
from simulator.files import LARGE_BYTES, File
from simulator.server import Simulator, running

from .support import (
    ACCOUNT,
    COMPANY,
    CUSTOMER,
    TELESIGN_COMPANY,
    TOKEN,
    WHATSAPP,
    WHATSAPP_CUSTOMER,
    Receiver,
    configuration,
)

PICTURE = samples.png()


def send(simulator: Simulator, *files: File, recipient: str = COMPANY) -> str:
    return simulator.text(sender=CUSTOMER, recipient=recipient, body="See here", files=files)[0]


def address(receiver: Receiver) -> str:
    return receiver.received[-1].fields["MediaUrl0"]


def fetch(url: str, **options: Any) -> requests.Response:
    return requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5, **options)


def test_file_of_a_customer_is_fetched_with_the_accounts_credentials(
    simulator: Simulator, receiver: Receiver
) -> None:
    sid = send(simulator, File("image/png", PICTURE), File("application/pdf"))

    fields = receiver.received[0].fields
    assert (sid[:2], fields["NumMedia"], fields["Body"]) == ("MM", "2", "See here")
    assert (fields["MediaContentType0"], fields["MediaContentType1"]) == ("image/png", "application/pdf")
    assert f"/Messages/{sid}/Media/ME" in fields["MediaUrl0"]
    assert requests.get(fields["MediaUrl0"], timeout=5).status_code == 401
    answer = fetch(fields["MediaUrl0"])
    assert (answer.content, answer.headers["Content-Type"]) == (PICTURE, "image/png")
    assert [each.status_code for each in answer.history] == [307]
    assert fetch(fields["MediaUrl1"]).content.startswith(b"%PDF")


def test_library_lists_the_files_of_a_message(simulator: Simulator, client: Client) -> None:
    sid = send(simulator, File("image/png"), File("image/jpeg"))

    found = client.messages(sid).media.list()

    assert [media.content_type for media in found] == ["image/png", "image/jpeg"]
    assert {media.parent_sid for media in found} == {sid}


def test_store_asks_for_its_signature_and_notes_who_gave_credentials_away(
    simulator: Simulator, receiver: Receiver
) -> None:
    send(simulator, File("image/png"))
    first = fetch(address(receiver), allow_redirects=False)
    store = first.headers["Location"]

    assert requests.get(store, timeout=5).status_code == 200
    assert requests.get(store.partition("?")[0], timeout=5).status_code == 403
    fetch(store)

    seen = [each for each in simulator.requests() if each.path.startswith("/media-store/")]
    assert [each.has_credentials for each in seen] == [False, False, True]


def test_store_may_be_another_host(receiver: Receiver) -> None:
    config = {**configuration(sms_url=f"{receiver.url}/hooks/"), "store_url": "http://localhost:1"}
    with running(config) as simulator:
        send(simulator, File("image/png"))
        moved = fetch(address(receiver), allow_redirects=False)

    assert urlsplit(moved.headers["Location"]).netloc == "localhost:1"


@pytest.mark.parametrize(
    ("fault", "statuses"), [("missing", [404, 404]), ("missing_once", [404, 200]), ("error", [500, 500])]
)
def test_file_that_is_not_there(
    simulator: Simulator, receiver: Receiver, fault: str, statuses: list[int]
) -> None:
    send(simulator, File("image/png", fault=fault))

    assert [fetch(address(receiver)).status_code for _ in range(2)] == statuses


@pytest.mark.parametrize(("fault", "is_announced"), [("large", True), ("endless", False)])
def test_file_that_is_too_large(
    simulator: Simulator, receiver: Receiver, fault: str, is_announced: bool
) -> None:
    send(simulator, File("image/png", fault=fault))

    with fetch(address(receiver), stream=True) as answer:
        assert ("Content-Length" in answer.headers) == is_announced
        assert sum(len(chunk) for chunk in answer.iter_content(1024 * 1024)) >= LARGE_BYTES


def test_file_that_leads_elsewhere(simulator: Simulator, receiver: Receiver) -> None:
    send(simulator, File("image/png", fault="redirect", location="http://169.254.169.254/"))

    moved = fetch(address(receiver), allow_redirects=False)

    assert (moved.status_code, moved.headers["Location"]) == (307, "http://169.254.169.254/")


def test_file_that_is_something_else(simulator: Simulator, receiver: Receiver) -> None:
    send(simulator, File("image/jpeg", name="picture.jpg", fault="html"))
    page = fetch(address(receiver))
    send(simulator, File("image/png", fault="wrong_type"))
    other = fetch(address(receiver))

    assert (page.headers["Content-Type"], page.content[:9]) == ("image/jpeg", b"<!doctype")
    assert (other.headers["Content-Type"], other.content) == ("application/octet-stream", PICTURE)


def test_file_that_never_ends_or_breaks_off(simulator: Simulator, receiver: Receiver) -> None:
    simulator.state.hang_seconds = 20
    send(simulator, File("image/png", fault="slow"))
    with fetch(address(receiver), stream=True) as slow:
        assert next(slow.iter_content(8)) == PICTURE[:8]

    send(simulator, File("image/png", fault="reset"))
    with pytest.raises(requests.RequestException):
        _ = fetch(address(receiver)).content


def test_files_and_their_faults_are_set_over_http(simulator: Simulator, receiver: Receiver) -> None:
    text = {"from": CUSTOMER, "to": COMPANY, "body": ""}
    picture = {"content_type": "image/png"}
    files = [{**picture, "name": "a.png"}, {**picture, "fault": "missing"}]
    good = requests.post(f"{simulator.url}/sim/text", json={**text, "files": files}, timeout=5)
    wrong = [{**picture, "fault": "no such"}, {**picture, "content": "?"}, {}]
    bad = [
        requests.post(f"{simulator.url}/sim/text", json={**text, "files": [each]}, timeout=5)
        for each in wrong
    ]

    assert good.json()["http_status"] == 200
    assert fetch(receiver.received[0].fields["MediaUrl1"]).status_code == 404
    assert [answer.status_code for answer in bad] == [400, 400, 400]


def test_telesign_carries_no_files_and_whatsapp_one(simulator: Simulator) -> None:
    with pytest.raises(ImpossibleTextError):
        send(simulator, File("image/png"), recipient=TELESIGN_COMPANY)
    with pytest.raises(ImpossibleTextError):
        send(simulator, File("image/png"), File("image/png"), recipient=WHATSAPP)


def outcome(simulator: Simulator, client: Client, url: str, sender: str = COMPANY) -> tuple[str, int | None]:
    to = CUSTOMER
    if sender == WHATSAPP:
        simulator.text(sender=CUSTOMER, recipient=WHATSAPP, body="Hello")
        to = WHATSAPP_CUSTOMER
    made = client.messages.create(to=to, from_=sender, body="Look", media_url=[url])
    simulator.wait_until_idle()
    fetched = client.messages(made.sid).fetch()
    return str(fetched.status), fetched.error_code


@pytest.mark.parametrize("sender", [COMPANY, WHATSAPP])
def test_file_of_the_company_is_looked_at_and_fetched(
    simulator: Simulator, client: Client, receiver: Receiver, sender: str
) -> None:
    url = receiver.serve("/out/picture.png", "image/png", PICTURE)

    assert outcome(simulator, client, url, sender) == ("delivered", None)
    asked = [each.method for each in receiver.received if each.url == url]
    assert asked == ["HEAD", "GET"]
    (message,) = simulator.messages(direction="outbound")
    assert [(file.content, file.content_type) for file in message.files] == [(PICTURE, "image/png")]


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code", "code_on_whatsapp"),
    [
        pytest.param("image/png", PICTURE, 404, 11200, 63019, id="not there"),
        pytest.param("image/jpeg", PICTURE, 200, 12300, 63021, id="not what it says"),
        pytest.param("application/zip", b"PK", 200, 12300, 63021, id="of no use"),
        pytest.param("image/png", PICTURE + bytes(6 * 1024 * 1024), 200, 30019, 63019, id="too large"),
    ],
)
def test_file_that_cannot_go_out_fails_the_message(
    simulator: Simulator,
    client: Client,
    receiver: Receiver,
    content_type: str,
    body: bytes,
    status: int,
    code: int,
    code_on_whatsapp: int,
) -> None:
    url = receiver.serve("/out/file", content_type, body, status)

    assert outcome(simulator, client, url) == ("failed", code)
    assert outcome(simulator, client, url, WHATSAPP) == ("failed", code_on_whatsapp)


def test_unreachable_file_fails_the_message(simulator: Simulator, client: Client) -> None:
    assert outcome(simulator, client, "http://127.0.0.1:9/picture.png") == ("failed", 11200)
