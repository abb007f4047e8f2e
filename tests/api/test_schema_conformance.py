"""The API does what its schema says, with whatever the schema allows and with what it does not."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from agents.models import ApiToken
from tests.world import World

pytestmark = pytest.mark.schema

load_all_checks()
# A schema cannot say that a name is taken; and a number where a text belongs is taken as the text it spells.
EXCLUDED = [CHECKS.get_one(name) for name in ("positive_data_acceptance", "negative_data_rejection")]


@functools.cache
def handler() -> WSGIHandler:
    """Made when the first test runs, with the settings of tests."""
    return WSGIHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The product, as a web server sees it."""
    return handler()(environ, start_response)


schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
schema.app = application


@pytest.fixture
def token(world: World) -> str:
    return ApiToken.objects.create(world.users["ada"])[1]


@schema.parametrize()
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_schema_names(case: Any, token: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Token {token}"}, excluded_checks=EXCLUDED)
