"""The control API, and the simulator as a process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator.config import parse_config
from simulator.reading import ConfigError
from simulator.server import Simulator, running

from .support import ACCOUNT, COMPANY, CUSTOMER, MESSAGES, TOKEN, Receiver, configuration


def get(simulator: Simulator, path: str) -> Any:
    return requests.get(f"{simulator.url}/sim/{path}", timeout=5).json()


def post(simulator: Simulator, path: str, **values: Any) -> requests.Response:
    return requests.post(f"{simulator.url}/sim/{path}", json=values, timeout=5)


def send(simulator: Simulator, **extra: str) -> requests.Response:
    form = {"To": CUSTOMER, "From": COMPANY, "Body": "Hello", **extra}
    return requests.post(simulator.url + MESSAGES, data=form, auth=(ACCOUNT, TOKEN), timeout=5)


def test_text_delivers_and_tells_what_the_app_answered(simulator: Simulator, receiver: Receiver) -> None:
    receiver.status = 403

    answer = post(
        simulator, "text", **{"from": CUSTOMER, "to": COMPANY, "body": "Hello", "extra": {"FromCity": "Bern"}}
    ).json()

    assert answer["http_status"] == 403
    assert answer["message_sid"] == receiver.received[0].fields["MessageSid"]
    assert receiver.received[0].fields["FromCity"] == "Bern"
    assert answer["attempts"][0]["purpose"] == "inbound"


def test_text_can_replay_a_message_sid_in_parallel(simulator: Simulator, receiver: Receiver) -> None:
    sid = "SM" + "a" * 32

    answer = post(
        simulator, "text", **{"from": CUSTOMER, "to": COMPANY, "extra": {"MessageSid": sid}, "repeat": 3}
    ).json()

    assert (answer["message_sid"], answer["http_statuses"]) == (sid, [200, 200, 200])
    assert {received.fields["MessageSid"] for received in receiver.received} == {sid}


def test_counts_tell_which_delivery_was_accepted_how_often(simulator: Simulator) -> None:
    for callback in ("http://127.0.0.1:9/?m=a", "http://127.0.0.1:9/?m=b", "http://127.0.0.1:9/?m=b"):
        send(simulator, StatusCallback=callback)
    send(simulator, Body="")

    counts = get(simulator, "counts")

    assert (counts["requests"], counts["accepted"], counts["refused"]) == (4, 3, 1)
    assert counts["by_status_callback"] == {"http://127.0.0.1:9/?m=a": 1, "http://127.0.0.1:9/?m=b": 2}
    assert len(get(simulator, "requests?accepted=true")["requests"]) == 3


def test_messages_are_found_by_direction_and_number(simulator: Simulator) -> None:
    send(simulator)
    post(simulator, "text", **{"from": CUSTOMER, "to": COMPANY, "body": "help"})

    found = {
        direction: [each["body"] for each in get(simulator, f"messages?direction={direction}")["messages"]]
        for direction in ("inbound", "outbound")
    }

    assert found == {"inbound": ["help"], "outbound": ["Hello"]}
    assert get(simulator, "messages?to=%2B19995550100")["messages"] == []


def test_state_hides_tokens(simulator: Simulator) -> None:
    state = get(simulator, "state")

    assert TOKEN not in json.dumps(state)
    assert state["accounts"][0]["auth_token"].startswith("…")
    assert state["accounts"][0]["numbers"][0]["phone_number"] == COMPANY


def test_faults_and_callbacks_are_set_over_http(simulator: Simulator) -> None:
    post(simulator, "faults", kind="error_after", times=1, hang_seconds=2)
    settings = post(simulator, "callbacks", order="shuffled", duplicates=1).json()

    assert settings["order"] == "shuffled"
    assert [send(simulator).status_code for _ in range(2)] == [500, 201]
    assert get(simulator, "state")["hang_seconds"] == 2
    assert get(simulator, "state")["faults"] == []


def test_account_can_be_added_and_changed(simulator: Simulator) -> None:
    new = "AC" + "f" * 32
    post(simulator, "accounts", account_sid=new, auth_token="t", numbers=[{"phone_number": "+442079460000"}])

    changed = post(simulator, "accounts", account_sid=new, status="suspended").json()

    assert changed["status"] == "suspended"
    assert [number["phone_number"] for number in changed["numbers"]] == ["+442079460000"]


def test_reset_goes_back_to_the_start(simulator: Simulator) -> None:
    send(simulator)
    post(simulator, "text", **{"from": CUSTOMER, "to": COMPANY, "body": "STOP"})
    post(simulator, "accounts", account_sid=ACCOUNT, status="closed")
    post(simulator, "callbacks", duplicates=3)

    assert post(simulator, "reset").status_code == 200

    state = get(simulator, "state")
    assert (state["messages"], state["requests"], state["opt_outs"]) == ([], [], [])
    assert (state["accounts"][0]["status"], state["callbacks"]["duplicates"]) == ("active", 0)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("faults", {"kind": "no such"}),
        ("faults", {"kind": "refuse_99999"}),
        ("faults", {"kind": "silent", "target": "other"}),
        ("faults", {"times": 1}),
        ("text", {"from": CUSTOMER, "to": "+19995550100", "body": "x"}),
        ("text", {"from": CUSTOMER}),
        ("text", {"from": CUSTOMER, "to": COMPANY, "repeat": 1000}),
        ("callbacks", {"order": "upside down"}),
        ("callbacks", {"delay_ms": "300"}),
        ("callbacks", {"delay": 300}),
        ("accounts", {"account_sid": "AC1", "auth_token": "t"}),
        ("accounts", {"account_sid": "AC" + "e" * 32}),
        ("accounts", {"account_sid": ACCOUNT, "numbers": [{"phone_number": "0123"}]}),
    ],
)
def test_wrong_order_is_refused_with_a_sentence(
    simulator: Simulator, path: str, values: dict[str, Any]
) -> None:
    answer = post(simulator, path, **values)

    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 10


def test_form_of_another_site_cannot_give_orders(simulator: Simulator) -> None:
    answer = requests.post(f"{simulator.url}/sim/text", data='{"from": "+1"}', timeout=5)

    assert answer.status_code == 400


def test_reply_of_two_simulators_at_once_does_not_mix(simulator: Simulator) -> None:
    with running(configuration()) as other:
        send(simulator)

        assert (len(simulator.messages()), len(other.messages())) == (1, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"acounts": []},
        {"accounts": {}},
        {"accounts": [{"account_sid": "AC" + "0" * 32, "auth_token": ""}]},
        {"accounts": [{"account_sid": "AC" + "0" * 32, "auth_token": "t", "status": "asleep"}]},
        {"hang_seconds": "long"},
    ],
)
def test_wrong_configuration_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        parse_config(change)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    config = tmp_path / "simulator.json"
    config.write_text(json.dumps(configuration()))
    command = [sys.executable, "-m", "simulator", "--port", "0", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, str(process.stdout and process.stdout.readline())
        finally:
            process.kill()


def test_process_says_when_it_is_ready_and_ends_on_sigterm(
    process: tuple[subprocess.Popen[str], str],
) -> None:
    running_process, line = process
    url = line.split()[-1]

    assert requests.get(f"{url}sim/state", timeout=5).status_code == 200
    for body in ("<b>Hello</b>", "STOP"):
        text = {"from": CUSTOMER, "to": COMPANY, "body": body}
        requests.post(f"{url}sim/text", json=text, timeout=5)
    assert "&lt;b&gt;Hello" in requests.get(url, timeout=5).text
    assert "&lt;b&gt;Hello" not in requests.get(f"{url}?me=%2B14255550101", timeout=5).text
    running_process.send_signal(signal.SIGTERM)
    assert running_process.wait(timeout=5) == 0


def test_process_explains_a_configuration_it_cannot_use(tmp_path: Path) -> None:
    config = tmp_path / "simulator.json"
    config.write_text('{"accounts": [{}]}')

    done = subprocess.run(
        [sys.executable, "-m", "simulator", "--port", "0", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=10,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("The simulator cannot start: Account needs account_sid")
