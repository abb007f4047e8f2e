"""How large a picture is, and a small copy of it. A picture that cannot be read is a file like any other."""

import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

THUMBNAILER = Path(__file__).with_name("thumbnailer.py")
# In wall-clock time; its time on the processor and its memory are limited by itself.
PATIENCE_S = 8.0
READ = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"})


@dataclass(frozen=True)
class Picture:
    """Width and height in pixels, as people see it, and a thumbnail (WebP)."""

    width: int
    height: int
    thumbnail: bytes


def look_at(data: bytes, content_type: str) -> Picture | None:
    """What a picture is; None for what is none, or cannot be read in bounded time and memory."""
    if content_type not in READ:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - our own file, with nothing of the sender's in the command
            [sys.executable, "-I", str(THUMBNAILER)],
            input=data,
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
        line, _, thumbnail = done.stdout.partition(b"\n")
        size = json.loads(line)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        logger.info("A picture could not be read (%s).", type(error).__name__)
        return None
    return Picture(int(size["width"]), int(size["height"]), thumbnail)
