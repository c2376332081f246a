"""The terminal as a place where people talk: rooms in a folder, shown on a screen. For the demo, for trying things
out, and for teams whose chat is down."""

from adapters.chat.console.platform import Config, ConsolePlatform, Typed, build
from adapters.chat.console.rooms import Change, Message, Room
from adapters.chat.console.screen import LiveScreen, Screen, SilentScreen

__all__ = [
    "Change",
    "Config",
    "ConsolePlatform",
    "LiveScreen",
    "Message",
    "Room",
    "Screen",
    "SilentScreen",
    "Typed",
    "build",
]
