"""Matrix: rooms on a homeserver, with matrix-nio and a plain account of the bot's own."""

from collections.abc import Mapping

from adapters.chat.matrix.config import Config
from adapters.chat.matrix.platform import MatrixPlatform
from bot.incident.model import Person
from bot.memory import Memory
from bot.ports import Clock

__all__ = ["Config", "MatrixPlatform", "build"]


def build(
    name: str, config: Config, *, clock: Clock, people: Mapping[str, Person], memory: Memory, command: str = "incident"
) -> MatrixPlatform:
    """The platform of the block `name`, to which people speak with `!` and the `command`. Nothing is asked of the homeserver
    before it is needed."""
    return MatrixPlatform(name, config, people, memory, clock, command)
