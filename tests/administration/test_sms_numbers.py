"""SMS numbers as an administrator types them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.accounts import save_sms_settings
from channels_app.models import Number, SmsNumber, SmsSettings
from channels_app.models_receipts import InboundText
from routing.models import WorkStream
from routing.services import retire_work_stream
from tests.administration.conftest import errors_of, messages_of
from tests.world import ACCOUNT_SID, OUR_NUMBER, World, post_webhook, text_params

ADD = "/admin/channels_app/smsnumber/add/"


@pytest.fixture
def stream(world: World) -> WorkStream:
    made = WorkStream.objects.create(name="Sales by SMS")
    save_sms_settings(
        sms_settings=SmsSettings(work_stream=made),
        provider="twilio",
        external_id=ACCOUNT_SID,
        base_url=world.sms_settings.account.base_url,
        secret="",
        secondary_secret=None,
    )
    return made


def filled(stream: WorkStream, **values: Any) -> dict[str, Any]:
    return {
        "number": "14255550199",
        "type": "long_code",
        "description": "Sales",
        "work_stream": stream.pk,
        "messages_per_second": "1",
        **values,
    }


@pytest.mark.parametrize("written", ["14255550199", "+14255550199", "  14255550199 "])
def test_an_outer_blank_or_a_plus_is_taken_off(ada: Client, stream: WorkStream, written: str) -> None:
    page = ada.post(ADD, filled(stream, number=written), follow=True)

    assert SmsNumber.objects.get(work_stream=stream).number.value == "14255550199"
    assert [m for m in messages_of(page) if m.startswith("warning")] == []


@pytest.mark.parametrize(
    "written", ["+1 425-230-6549", "1 425 230 6549", "1(425)2306549", "١٤٢٥٢٣٠٦٥٤٩", "425", "1425230654x", ""]
)
def test_anything_but_digits_is_told_at_the_field(ada: Client, stream: WorkStream, written: str) -> None:
    errors = errors_of(ada.post(ADD, filled(stream, number=written)))

    assert errors["number"]


def test_a_number_outside_the_us_is_kept_with_a_warning(ada: Client, stream: WorkStream) -> None:
    page = ada.post(ADD, filled(stream, number="41791234567"), follow=True)

    assert SmsNumber.objects.get(work_stream=stream).number.value == "41791234567"
    assert any("Only long code numbers of the US" in m for m in messages_of(page))


def test_a_number_that_is_taken_names_its_holder(ada: Client, stream: WorkStream) -> None:
    errors = errors_of(ada.post(ADD, filled(stream, number=OUR_NUMBER)))

    assert errors["number"] == ["This number already belongs to work stream Support by SMS."]


def test_a_stream_has_one_number(ada: Client, world: World) -> None:
    errors = errors_of(ada.post(ADD, filled(world.stream)))

    assert "You can configure only one phone number per work stream." in errors["work_stream"]


def test_a_stream_needs_its_settings_first(ada: Client, world: World) -> None:
    bare = WorkStream.objects.create(name="Bare")

    errors = errors_of(ada.post(ADD, filled(bare)))

    assert errors["work_stream"] == ["Fill in the work stream's SMS Settings first."]


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "1e9", "fast"])
def test_a_rate_that_is_none_is_refused(ada: Client, stream: WorkStream, rate: str) -> None:
    assert errors_of(ada.post(ADD, filled(stream, messages_per_second=rate)))["messages_per_second"]


def test_no_rate_means_no_limit(ada: Client, stream: WorkStream) -> None:
    ada.post(ADD, filled(stream, messages_per_second=""))

    assert SmsNumber.objects.get(work_stream=stream).number.messages_per_second is None


def test_the_inbound_url_is_shown_with_the_number(ada: Client, world: World) -> None:
    page = ada.get(reverse("admin:channels_app_smsnumber_change", args=[SmsNumber.objects.get().pk]))

    assert world.inbound_url in page.content.decode()


def test_another_number_leaves_the_old_one_unrouted(ada: Client, world: World) -> None:
    url = reverse("admin:channels_app_smsnumber_change", args=[SmsNumber.objects.get().pk])

    ada.post(url, filled(world.stream))

    assert SmsNumber.objects.get().number.value == "14255550199"
    assert Number.objects.get(value=OUR_NUMBER).deleted_at is not None


def test_a_deleted_number_keeps_its_texts_as_unrouted(ada: Client, world: World, drain: Any) -> None:
    url = reverse("admin:channels_app_smsnumber_delete", args=[SmsNumber.objects.get().pk])

    ada.post(url, {"post": "yes"})
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()

    assert InboundText.objects.get().disposition == "unrouted"


def test_a_retired_streams_number_can_be_given_to_another(
    ada: Client, world: World, stream: WorkStream
) -> None:
    retire_work_stream(world.stream)

    page = ada.post(ADD, filled(stream, number=OUR_NUMBER), follow=True)

    assert SmsNumber.objects.get(number__value=OUR_NUMBER).work_stream == stream, errors_of(page)
    assert timezone.now()
