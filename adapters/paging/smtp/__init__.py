"""Mail: pages go out by SMTP, and an answer to one comes back from the house's mail server and acknowledges it."""

from adapters.paging.smtp.config import Config
from adapters.paging.smtp.mails import TEXT_BYTES
from adapters.paging.smtp.pager import Smtp, build

__all__ = ["TEXT_BYTES", "Config", "Smtp", "build"]
