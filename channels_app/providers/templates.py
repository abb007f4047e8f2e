"""What a provider can do besides: tell the content templates of an account, and whether they are approved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard, runtime_checkable

from channels_app.providers.base import Credentials, Provider
from omnichannel.lib.http import Recorder


@dataclass(frozen=True)
class ProvidedTemplate:
    """A content template as the provider tells it, in one language."""

    external_id: str
    name: str
    language: str
    kind: str  # the provider's content type
    body: str  # what the customer reads, with {{1}} or {{name}} where a variable stands
    approval: str  # a word of ContentTemplate.Approval
    variables: Mapping[str, str] = field(default_factory=dict)  # name to example, as they appear
    unsupported: str = ""  # why it cannot be sent from here, in a sentence
    rejection_reason: str = ""
    category: str = ""


@dataclass(frozen=True)
class TemplateListing:
    """Templates of a list; not `is_whole` when there are more than were read."""

    templates: tuple[ProvidedTemplate, ...]
    is_whole: bool = True


@runtime_checkable
class Templates(Protocol):
    """The optional part of a provider."""

    def list_templates(self, account: Credentials, record: Recorder) -> TemplateListing:
        """The account's content templates. Raises base.Trouble."""


def has_templates(provider: Provider | Templates) -> TypeGuard[Templates]:
    """Whether a provider has content templates."""
    return isinstance(provider, Templates)
