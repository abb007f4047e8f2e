"""The configuration as a file, over the API."""

from typing import Any

import pytest

from routing.models import Queue
from tests.world import AUTH_TOKEN, World

URL, PREVIEW = "/api/v1/configuration/", "/api/v1/configuration/preview/"
CHANGE = "format: omnichannel/1\nqueues: [{name: Billing, priority: 1}]"


def test_it_is_read_compared_and_applied(at_twilio: World, api: Any) -> None:
    ada = api("ada")
    assert AUTH_TOKEN not in ada.get(URL).json()["yaml"]

    found = ada.post(PREVIEW, {"yaml": CHANGE}).json()
    assert [(c["kind"], c["name"]) for c in found["changes"]] == [("changed", "Billing")]
    assert Queue.objects.get(name="Billing").priority == 10
    applied = ada.post(URL, {"yaml": CHANGE, "fingerprint": found["fingerprint"]})

    assert applied.status_code == 200, applied.content
    assert Queue.objects.get(name="Billing").priority == 1
    late = ada.post(URL, {"yaml": CHANGE, "fingerprint": found["fingerprint"]})
    assert (late.status_code, late.json()["code"]) == (409, "stale")


@pytest.mark.parametrize(
    "text", ["", "a: [", "format: omnichannel/1\nqueues: [{name: Billing, priority: x}]"]
)
def test_a_bad_file_is_told_at_its_field(at_twilio: World, api: Any, text: str) -> None:
    for url in (URL, PREVIEW):
        answer = api("ada").post(url, {"yaml": text})
        assert (answer.status_code, list(answer.json())) == (400, ["yaml"])


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_it_is_the_administrators(world: World, api: Any, username: str) -> None:
    client = api(username)
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"yaml": CHANGE}).status_code == 403
    assert client.post(PREVIEW, {"yaml": CHANGE}).status_code == 403
    assert Queue.objects.get(name="Billing").priority == 10
