"""Many at once, on PostgreSQL, over HTTP: one wins, nothing is doubled, nothing is lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from agents.models import User
from agents.roles import AGENT, give_role
from channels_app.models_receipts import InboundText, WebhookReceipt
from contacts.models import Address, Contact
from conversations.models import Conversation, Message, Session, State
from tests.processes.installation import Installation, installed, wait_until


def all_taken() -> bool:
    return not WebhookReceipt.objects.filter(state="received").exists()


def test_a_hundred_parallel_copies_of_one_webhook_make_one_message(settings: Any) -> None:
    with installed(settings) as installation:
        installation.start_web(workers=4)
        installation.start_worker()

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: installation.post_text("Hello", number=1), range(100)))

        assert set(answers) == {200}
        wait_until(lambda: WebhookReceipt.objects.exists() and all_taken(), what="all receipts are taken")
        assert WebhookReceipt.objects.count() == 1
        assert InboundText.objects.count() == 1
        assert Message.objects.filter(direction="inbound").count() == 1
        assert Conversation.objects.count() == 1


def test_the_same_text_in_a_hundred_differing_requests_makes_one_message(settings: Any) -> None:
    with installed(settings) as installation:
        installation.start_web(workers=4)
        installation.start_worker()

        def post(n: int) -> int:
            return installation.post_text("Hello", number=1, ErrorCode=str(11200 + n))

        with ThreadPoolExecutor(20) as pool:
            assert set(pool.map(post, range(100))) == {200}

        wait_until(
            lambda: WebhookReceipt.objects.count() == 100 and all_taken(), what="all receipts are taken"
        )
        assert Message.objects.filter(direction="inbound").count() == 1
        assert set(WebhookReceipt.objects.values_list("state", flat=True)) == {"done", "ignored"}


def test_fifty_first_texts_of_a_new_number_make_one_address_and_one_conversation(settings: Any) -> None:
    with installed(settings) as installation:
        installation.start_web(workers=4)
        installation.start_worker()
        sender = "+14255550177"

        with ThreadPoolExecutor(25) as pool:
            answers = list(
                pool.map(lambda n: installation.post_text(f"Text {n}", number=n, sender=sender), range(1, 51))
            )

        assert set(answers) == {200}
        wait_until(lambda: InboundText.objects.count() == 50 and all_taken(), what="all texts are taken")
        assert Address.objects.filter(value=sender).count() == 1
        assert Contact.objects.count() == 0
        conversation = Conversation.objects.get()
        assert conversation.messages.filter(direction="inbound").count() == 50
        numbers = list(conversation.messages.order_by("seq").values_list("seq", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        in_order = list(
            conversation.messages.filter(direction="inbound")
            .order_by("seq")
            .values_list("inbound_text__receipt", flat=True)
        )
        assert in_order == sorted(in_order)


def test_of_twenty_agents_who_pick_at_once_one_wins_and_nineteen_are_told(
    settings: Any, real_passwords: None
) -> None:
    with installed(settings) as installation:
        installation.start_web(workers=4)
        installation.start_worker()
        assert installation.post_text("Hello") == 200
        conversation = wait_until(Conversation.objects.first, what="the conversation is there")
        tokens = [new_agent_token(installation, f"agent{n}") for n in range(20)]

        answers = pick_at_once(installation, conversation.pk, tokens)

        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
        assert all(a.json()["code"] in {"lost", "not_allowed"} for a in answers if a.status_code == 409)
        conversation.refresh_from_db()
        assert conversation.state == State.ACTIVE
        assert Session.objects.filter(conversation=conversation, state="active").count() == 1


def new_agent_token(installation: Installation, username: str) -> str:
    give_role(User.objects.create_user(username, password=f"{username}-password"), AGENT)
    return installation.token(username)


def pick_at_once(
    installation: Installation, conversation_id: int, tokens: list[str]
) -> list[requests.Response]:
    url = f"{installation.web}/api/v1/conversations/{conversation_id}/pick/"

    def pick(token: str) -> requests.Response:
        return requests.post(url, headers={"Authorization": f"Token {token}"}, timeout=30)

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(pick, tokens))
