"""The terminal as a place where people talk: rooms in a folder, shown on a screen. For the demo, for trying things
out, and for teams whose chat is down. `live` draws them, and is imported by who has a terminal."""

from adapters.chat.console.platform import Config, ConsolePlatform, Typed, build
from adapters.chat.console.rooms import Change, Message, Room
from adapters.chat.console.screen import Screen, SilentScreen

__all__ = [
    "Change",
    "Config",
    "ConsolePlatform",
    "Message",
    "Room",
    "Screen",
    "SilentScreen",
    "Typed",
    "build",
]
