"""What looks like a secret: tokens with a maker's mark, keys, passwords behind their name, and random text.

It is better to take out a word too many than to publish a password; but a sentence is never one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.DOTALL)

# name=value always; "name: value" only when the value holds a digit, for people write "the password: it expired".
_ASSIGNED = re.compile(
    r"(?<![^\W_])((?:password|passwd|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key)s?"
    r"[\"']?\s{0,3}(?:=|:(?=\s{0,3}[\"']?[^\s\"']{0,200}[0-9]))\s{0,3}[\"']?)([^\s\"',;]{4,}+)",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(
    r"\b((?:bearer|basic)\s{1,3})(?=[A-Za-z._~+/=-]{0,200}[0-9])([\w.~+/=-]{12,}+)", re.IGNORECASE
)

_MARKED = re.compile(
    r"(?<![A-Za-z0-9])(?:xox[abeoprs]-|xapp-|gh[oprsu]_|github_pat_|glpat-|glrt-|AKIA|ASIA|AIza|eyJ|syt_|syr_|mct_|sk-|sk_live_|sk_test_|tk_|hvs\.|"
    r"dop_v1_|npm_|pypi-|SG\.|ya29\.)[\w.=-]{16,}"
)

LONG_RUN = re.compile(r"[A-Za-z0-9_+/=~-]{20,}+")
"""Where random text may hide that a word's end would cut into harmless pieces."""

_LEAST = 20


def mask_secrets(text: str, replace: Callable[[str], str]) -> str:
    """`text` with every secret that has a name before it, a frame around it or a maker's mark replaced."""
    text = _KEY_BLOCK.sub(lambda match: replace(match[0]), text)
    for pattern in (_ASSIGNED, _AUTHORIZATION):
        text = pattern.sub(lambda match: match[1] + replace(match[2]), text)
    return _MARKED.sub(lambda match: replace(match[0]) if any(c.isdigit() for c in match[0]) else match[0], text)


def looks_secret(word: str) -> bool:
    """Whether a word without spaces is a token: by its maker's mark, or because it looks thrown with dice.

    Random text changes between small letters, capitals and digits at every other character; words put together
    (`KubePersistentVolume2Filling`, `compute-az1-rack12`) do so far less often.
    """
    if not any(c.isdigit() for c in word):
        return False
    if _MARKED.match(word):
        return True
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in word if c.isalnum()]
    if len(kinds) < _LEAST or kinds.count("d") < 3 or kinds.count("d") == len(kinds):
        return False
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes >= 0.3 * len(kinds)
