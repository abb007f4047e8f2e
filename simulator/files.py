"""Files that customers send and get, and what can be wrong with one that the product has to fetch."""

import uuid
from dataclasses import dataclass, field

from simulator import samples
from simulator.faults import UnknownFaultError

LARGE_BYTES = 30 * 1024 * 1024
# A port on which nobody should listen; what is behind it is nobody's business.
PRIVATE_URL = "http://127.0.0.1:9/latest/meta-data/"
FAULTS = {
    "missing": "HTTP 404, always",
    "missing_once": "HTTP 404 the first time",
    "error": "HTTP 500, always",
    "large": "30 MB, and says so",
    "endless": "30 MB, without saying so",
    "redirect": "leads to a private address (or to `location`)",
    "html": "a web page, named and typed as a picture",
    "slow": "trickles for hang_seconds",
    "reset": "the connection breaks in the middle",
    "wrong_type": "served as application/octet-stream",
}


@dataclass
class File:
    """A file, and how it is served."""

    content_type: str
    content: bytes = field(default=b"", repr=False)
    name: str = ""
    # One of FAULTS, or nothing.
    fault: str = ""
    location: str = PRIVATE_URL
    sid: str = ""

    def __post_init__(self) -> None:
        if self.fault not in ("", *FAULTS):
            raise UnknownFaultError(f"A file's fault must be one of {', '.join(FAULTS)}.")
        self.sid = self.sid or f"ME{uuid.uuid4().hex}"
        self.content = self.content or samples.of_type(self.content_type)

    @property
    def family(self) -> str:
        """image, audio, video or whatever the type begins with."""
        return self.content_type.partition("/")[0]
