"""A strict Slack on this machine: the Web API, Socket Mode, signed HTTP, and people who use it."""

from tests.contract.servers.http import Answer, Trouble
from tests.contract.servers.slack.answers import Answered
from tests.contract.servers.slack.model import Call, Channel, File, Message
from tests.contract.servers.slack.person import Person
from tests.contract.servers.slack.server import SlackServer
from tests.contract.servers.slack.table import ALL_SCOPES
from tests.contract.servers.slack.trouble import BROKEN, HTML, HUGE, limited
from tests.contract.servers.slack.views import View

__all__ = [
    "ALL_SCOPES",
    "BROKEN",
    "HTML",
    "HUGE",
    "Answer",
    "Answered",
    "Call",
    "Channel",
    "File",
    "Message",
    "Person",
    "SlackServer",
    "Trouble",
    "View",
    "limited",
]
