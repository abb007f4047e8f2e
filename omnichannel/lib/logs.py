"""What log lines leave out."""

import logging
import re

from omnichannel.lib.redact import MASK

# Addresses that hold a secret: an inbound URL, the link of an invitation, a file for a provider.
SECRET_PATHS = re.compile(r"/(hooks|welcome|media/out)/[^/?#\s\"']+")


class WithoutSecretPaths(logging.Filter):
    """Masks the secret part of addresses in a line; lets every line through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line, without it."""
        line = record.getMessage()
        if SECRET_PATHS.search(line):
            record.msg, record.args = SECRET_PATHS.sub(rf"/\1/{MASK}", line), None
        return True
