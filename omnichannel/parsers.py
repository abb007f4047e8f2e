"""How bodies of the API are read: JSON that can also be stored and answered."""

import json
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class StrictJsonParser(JSONParser):
    """JSON without what breaks later: lone surrogates are no text, and nesting without end is an attack."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The decoded body; raises ParseError."""
        try:
            decoded = super().parse(stream, media_type, parser_context)
            json.dumps(decoded, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        except UnicodeEncodeError as error:
            raise ParseError("The body holds a half of a character (a lone surrogate).") from error
        return decoded
