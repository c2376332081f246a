"""What stands in a message beside its words."""

from __future__ import annotations

from dataclasses import dataclass

NAME_LIMIT = 120
"""Characters of a file's name."""

PLACE_LIMIT = 2_000
"""Characters of a platform's own handle of a file."""

FILES_LIMIT = 20
"""Files of one message; what is beyond is left where it is."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or another file. `name`, `media_type` and `size` (bytes; 0: not said) are what its sender claims, and nothing may
    rest on them; `place` is by what its platform finds it. `kept`: there is a copy; `missing`: why there is none. Both are never
    stored, and said by `bot.incident.files`."""

    name: str
    media_type: str = ""
    size: int = 0
    place: str = ""
    kept: bool = False
    missing: str = ""
