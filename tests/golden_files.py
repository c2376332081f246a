"""Comparing with a file that a person has read. `GOLDEN=rewrite pytest …` writes it anew, for a person to read again."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def golden(name: str, text: str) -> None:
    """Asserts that `text` is what `tests/golden/<name>` holds."""
    path = FOLDER / name
    if os.environ.get("GOLDEN") == "rewrite":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; if that is right: GOLDEN=rewrite"
