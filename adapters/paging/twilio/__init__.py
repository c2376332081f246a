"""Pages by Twilio (https://www.twilio.com/docs): a text message, or a call that is acknowledged with a key."""

from adapters.paging.twilio.config import Config
from adapters.paging.twilio.pager import build

__all__ = ["Config", "build"]
