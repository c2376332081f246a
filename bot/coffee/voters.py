"""Who votes, as a digest from which nobody can be told without the key of the installation."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

DIGITS = 16
"""Of a digest in hexadecimal: 64 bits tell the people of any house apart."""


Voter = Callable[[str, int], str]
"""The digest of a person (by our id, whatever platform they are on) in a ballot."""


def voter(key: str, person: str, ballot: int) -> str:
    """One person is one voter in each ballot, and another one in the next: who keeps old digests knows nobody by them again."""
    return hmac.new(key.encode(), f"voter:{ballot}:{person}".encode(), hashlib.sha256).hexdigest()[:DIGITS]
