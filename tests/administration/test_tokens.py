"""Another Auth Token for a known account: asked about, kept only if it validates; the secondary promoted."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from channels_app import accounts, tokens
from channels_app.models import ProviderAccount, SmsSettings
from channels_app.models_deliveries import ProviderCall
from channels_app.providers import twilio_client
from routing.models import WorkStream
from simulator.server import Simulator
from tests.administration.conftest import messages_of
from tests.at_provider import simulated
from tests.world import ACCOUNT_SID, AUTH_TOKEN, World, post_webhook, text_params

NEW = "new-token-canary"


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    with simulated(world) as running:
        yield running


def replace(client: Client, **typed: str) -> Any:
    account = ProviderAccount.objects.get()
    return client.post(reverse("admin:replace-token", args=[account.pk]), typed, follow=True)


def stored() -> tuple[str, str]:
    account = ProviderAccount.objects.get()
    return account.secret.reveal(), account.secondary_secret.reveal()


def errors_of(page: Any) -> dict[str, list[str]]:
    return {name: list(errors) for name, errors in page.context["form"].errors.items()}


def share(simulator: Simulator) -> None:
    accounts.save_sms_settings(
        sms_settings=SmsSettings(work_stream=WorkStream.objects.create(name="Sales by SMS")),
        provider="twilio",
        external_id=ACCOUNT_SID,
        base_url=simulator.url,
        secret="",
        secondary_secret=None,
    )


def test_a_token_that_the_provider_takes_is_kept(ada: Client, simulator: Simulator) -> None:
    simulator.save_account(account_sid=ACCOUNT_SID, auth_token=NEW)

    page = replace(ada, auth_token=NEW)

    assert stored() == (NEW, "")
    assert "Account SID and Auth Token are valid" in messages_of(page)[0]
    assert ProviderAccount.objects.get().last_validation_outcome == "good"
    assert NEW not in page.content.decode()


def test_a_token_that_the_provider_refuses_is_not_kept_and_the_page_says_why(
    ada: Client, simulator: Simulator
) -> None:
    page = replace(ada, auth_token=NEW)

    assert stored() == (AUTH_TOKEN, "")
    told = errors_of(page)["auth_token"]
    assert told[0].startswith("Twilio does not accept this Auth Token for the account: the old one was kept.")
    assert "keep_unproven" not in page.content.decode()
    assert NEW not in page.content.decode()


@pytest.mark.parametrize("mode", ["throttled", "unreachable", "slow", "broken"])
def test_when_the_provider_cannot_be_asked_a_person_may_insist(
    ada: Client, simulator: Simulator, monkeypatch: Any, mode: str
) -> None:
    monkeypatch.setattr("channels_app.providers.twilio_checks.PATIENCE_S", 0.3)
    simulator.change_mode(mode)

    page = replace(ada, auth_token=NEW)

    assert stored() == (AUTH_TOKEN, "")
    assert "Keep it all the same" in page.content.decode()

    replace(ada, auth_token=NEW, keep_unproven="on")

    assert stored() == (NEW, "")


def test_nobody_can_insist_on_a_token_that_is_refused(ada: Client, simulator: Simulator) -> None:
    replace(ada, auth_token=NEW, keep_unproven="on")

    assert stored() == (AUTH_TOKEN, "")


def test_all_who_share_the_account_are_named_and_meant(ada: Client, simulator: Simulator) -> None:
    share(simulator)
    simulator.save_account(account_sid=ACCOUNT_SID, auth_token=NEW)
    page = replace(ada, auth_token=NEW)

    assert "<strong>Sales by SMS</strong>, <strong>Support by SMS</strong>" in page.content.decode()
    assert "is_meant_for_all" in errors_of(page)
    assert "Type it again" in errors_of(page)["auth_token"][0]
    assert stored() == (AUTH_TOKEN, "")
    assert not ProviderCall.objects.exists()

    replace(ada, auth_token=NEW, is_meant_for_all="on")

    assert stored() == (NEW, "")


def test_nothing_typed_is_told(ada: Client, simulator: Simulator) -> None:
    assert errors_of(replace(ada)) == {"auth_token": ["Type the new one."]}


def test_a_secondary_token_alone_is_kept_without_asking(ada: Client, simulator: Simulator) -> None:
    replace(ada, secondary_auth_token="second")

    assert stored() == (AUTH_TOKEN, "second")
    assert not ProviderCall.objects.exists()

    replace(ada, remove_secondary="on")

    assert stored() == (AUTH_TOKEN, "")


def test_the_provider_is_asked_outside_any_transaction(
    world: World, simulator: Simulator, monkeypatch: Any
) -> None:
    depth = len(connection.savepoint_ids)
    seen = []
    monkeypatch.setattr(tokens, "prove", lambda *_: seen.append(len(connection.savepoint_ids)) or [])
    with pytest.raises(IndexError):
        tokens.replace_token(account=ProviderAccount.objects.get(), secret=NEW, secondary_secret=None)

    assert seen == [depth]


# --- the secondary token --------------------------------------------------------------------------


def with_secondary(world: World, simulator: Simulator) -> str:
    """At the provider the secondary has become the primary; here it is still the secondary."""
    accounts.replace_secrets(
        account=ProviderAccount.objects.get(), secret=AUTH_TOKEN, secondary_secret="second"
    )
    simulator.save_account(account_sid=ACCOUNT_SID, auth_token="second")
    return reverse("admin:sms-set-up", args=[world.sms_settings.pk])


def test_when_only_the_secondary_works_it_can_be_promoted(
    ada: Client, world: World, simulator: Simulator
) -> None:
    url = with_secondary(world, simulator)

    page = ada.post(url, {"do": "validate"}, follow=True)
    assert messages_of(page)[0].startswith("warning: Only the Secondary Auth Token works")
    assert ProviderAccount.objects.get().last_validation_outcome == "only_secondary"
    settings_page = ada.get(reverse("admin:channels_app_smssettings_change", args=[world.sms_settings.pk]))
    assert "Promote the Secondary Auth Token" in settings_page.content.decode()

    ada.post(url, {"do": "promote"})

    assert stored() == ("second", AUTH_TOKEN)
    page = ada.post(url, {"do": "validate"}, follow=True)
    assert "success: Account SID and Auth Token are valid." in messages_of(page)


def test_a_secondary_that_the_provider_refuses_is_not_promoted(
    ada: Client, world: World, simulator: Simulator
) -> None:
    url = with_secondary(world, simulator)
    simulator.save_account(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)

    for act in ("promote", "promote:unproven"):
        page = ada.post(url, {"do": act}, follow=True)
        assert "error: The old Auth Token was kept." in messages_of(page)[0]

    assert "promote:unproven" not in page.content.decode()
    assert stored() == (AUTH_TOKEN, "second")


def test_when_the_provider_cannot_be_asked_a_person_may_insist_on_promoting(
    ada: Client, world: World, simulator: Simulator
) -> None:
    url = with_secondary(world, simulator)
    simulator.change_mode("throttled")

    page = ada.post(url, {"do": "promote"}, follow=True)
    assert stored() == (AUTH_TOKEN, "second")
    assert "promote:unproven" in page.content.decode()
    ada.post(url, {"do": "promote:unproven"})

    assert stored() == ("second", AUTH_TOKEN)


def test_after_a_promotion_webhooks_signed_with_either_are_taken(
    ada: Client, world: World, simulator: Simulator
) -> None:
    ada.post(with_secondary(world, simulator), {"do": "promote"})

    for number, token in enumerate((AUTH_TOKEN, "second"), start=1):
        answer = post_webhook(world.inbound_url, text_params("Hello", number=number), token=token)
        assert answer.status_code == 200


def test_without_a_secondary_there_is_nothing_to_promote(
    ada: Client, world: World, simulator: Simulator
) -> None:
    url = reverse("admin:sms-set-up", args=[world.sms_settings.pk])

    page = ada.post(url, {"do": "promote"}, follow=True)

    assert messages_of(page) == ["error: No Secondary Auth Token is stored."]
    assert stored() == (AUTH_TOKEN, "")


def test_numbers_are_listed_with_the_secondary_when_the_primary_is_refused(
    ada: Client, world: World, simulator: Simulator
) -> None:
    with_secondary(world, simulator)

    page = ada.get(reverse("admin:sms-pick-number", args=[world.sms_settings.pk]))

    assert len(page.context["rows"]) == 4


def test_the_patience_of_a_page_bounds_all_its_requests(
    ada: Client, world: World, simulator: Simulator, monkeypatch: Any
) -> None:
    monkeypatch.setattr(twilio_client, "PATIENCE_S", 0.0)

    page = ada.get(reverse("admin:sms-pick-number", args=[world.sms_settings.pk]))

    assert page.context["trouble"].outcome == "slow"
    assert simulator.requests() == []
