"""What may be shown of somebody else's words: cleaned, on one line, short, and without our secrets."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from urllib.parse import quote

from bot.chat.document import clean

HIDDEN = "•••"


def excerpt(text: str, secrets: Iterable[str] = (), limit: int = 200) -> str:
    """At most `limit` characters of `text` on one line; every secret in it, also quoted or escaped, reads `•••`."""
    text = clean(text)
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _forms(secret: str) -> set[str]:
    """A secret as it is, and as it looks in an address, in JSON and in HTML."""
    quoted = json.dumps(secret)[1:-1]
    return {secret, quote(secret, safe=""), quote(secret), quoted, quoted.replace("/", "\\/"), html.escape(secret)}
