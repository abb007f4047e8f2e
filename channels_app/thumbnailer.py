"""Looks at one picture: `python thumbnailer.py < picture`. Run by `pictures`, as a process of its own.

A picture from outside is decoded here so that a broken or malicious one costs this process and nothing else:
its time and memory are limited, and it imports Pillow and the standard library alone. It answers a line of
JSON with width and height as people see it (turned by its EXIF orientation), then the bytes of a thumbnail.
"""

import io
import json
import resource
import sys
import warnings

CPU_S, MEMORY = 5, 1024 * 1024 * 1024
MOST_PIXELS = 50_000_000
EDGE = 640
FORMATS = ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]


def main() -> None:
    """Read a picture from standard input, write what it is. Any exception: it cannot be shown."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from PIL import Image, ImageOps

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=FORMATS) as picture:
        width, height = picture.size
        # Saves most of the work for large JPEGs; of an animation, the first picture is taken.
        picture.draft(picture.mode, (EDGE * 2, EDGE * 2))
        small = ImageOps.exif_transpose(picture) or picture
        if picture.getexif().get(0x0112, 1) >= 5:
            width, height = height, width
        small.thumbnail((EDGE, EDGE))
        made = io.BytesIO()
        # Only the pixels: no place, no camera, no profile goes into the thumbnail.
        shown = small.convert("RGBA" if small.mode in {"RGBA", "LA", "PA", "P"} else "RGB")
        shown.info.clear()
        shown.save(made, "WEBP", quality=80)
    sys.stdout.buffer.write(json.dumps({"width": width, "height": height}).encode() + b"\n" + made.getvalue())


if __name__ == "__main__":
    main()
