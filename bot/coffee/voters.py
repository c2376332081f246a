"""Who votes, as a digest from which nobody can be told without the key of the installation."""

from __future__ import annotations

import hashlib
import hmac

DIGITS = 16
"""Of a digest in hexadecimal: 64 bits tell the people of any house apart."""


def voter(key: str, person: str) -> str:
    """One person (by our id, whatever platform they are on) is one voter."""
    return hmac.new(key.encode(), f"voter:{person}".encode(), hashlib.sha256).hexdigest()[:DIGITS]
