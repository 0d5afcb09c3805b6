"""The program that draws a picture anew: a file on standard input, width, height and a JPEG on standard output.

A file may be made so that decoding it takes minutes or gigabytes. So it is decoded here, in a process of its own, which the system stops
when it takes too much, and in which nothing of the server is. It is run by its path and imports nothing of ours.
"""

from __future__ import annotations

import io
import os
import resource
import struct
import sys
import zlib

from PIL import Image, ImageOps, UnidentifiedImageError

CPU_S = 5
MEMORY = 1024 * 1024 * 1024
MOST_PIXELS = 24_000_000
"""What phones take; a page makes it smaller before it sends."""
LONGEST_SIDE = 2048
NOT_AN_IMAGE, TOO_LARGE = 3, 4
"""What the program ends with."""
SIZE = struct.Struct("!II")
UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    MemoryError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What Pillow raises for files that are broken in all kinds of ways."""


def redrawn(data: bytes) -> tuple[bytes, int, int] | int:
    """The picture as JPEG without anything that was written beside it, or why it is none."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                return TOO_LARGE
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = _turned(image).convert("RGB")
    except UNREADABLE:
        return NOT_AN_IMAGE
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=85)
    return out.getvalue(), upright.width, upright.height


def _turned(image: Image.Image) -> Image.Image:
    """As the camera was held. What it wrote beside the picture may be broken in any way: then the picture is taken as it lies."""
    try:
        return ImageOps.exif_transpose(image)
    except UNREADABLE:
        return image


def main() -> int:
    """See the module."""
    os.nice(10)  # a picture can wait: what the server does for everybody goes first
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = redrawn(sys.stdin.buffer.read())
    if isinstance(found, int):
        return found
    sys.stdout.buffer.write(SIZE.pack(found[1], found[2]) + found[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
