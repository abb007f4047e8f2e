"""Log lines without the secrets that addresses hold."""

import logging

import pytest

from omnichannel.lib.logs import WithoutSecretPaths


@pytest.mark.parametrize(
    ("message", "args", "said"),
    [
        ("Forbidden: %s", ("/hooks/aBc-_9/status/17/?x=1",), "Forbidden: /hooks/••••/status/17/?x=1"),
        ("Not Found: /welcome/aBc9/", (), "Not Found: /welcome/••••/"),
        ('"%s" %s', ("GET /hooks/aBc HTTP/1.1", "404"), '"GET /hooks/•••• HTTP/1.1" 404'),
        ("Not Found: %s", ("/desk/17/",), "Not Found: /desk/17/"),
    ],
)
def test_the_secret_part_of_an_address_is_masked(message: str, args: tuple[str, ...], said: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 1, message, args, None)

    assert WithoutSecretPaths().filter(record)

    assert record.getMessage() == said
