"""How much a file holds, as people write and read it: `10MB`, `500 kB`."""

from __future__ import annotations

import re

_BYTES = {"": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}
_TEXT = re.compile(r"([0-9]{1,12}) ?([kmg]?b)?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Bytes: `10MB`, `500 kB`, `1GB`, `0`. A kB is 1,000 bytes.

    Raises ValueError, with a sentence that does not repeat the text, for anything else."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise ValueError("a size looks like 10MB, 500kB or 1GB")
    return int(found[1]) * _BYTES[(found[2] or "").lower()]


def format_size(size: int) -> str:
    """`10 MB`, `1.5 MB`, `512 bytes`; at most one decimal, so it is rounded."""
    for unit, bytes_ in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if size >= bytes_:
            return f"{size / bytes_:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes" if size != 1 else "1 byte"
