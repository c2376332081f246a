"""What is written alike in the blocks of several pagers."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from adapters.paging.wording import link


def server(url: str) -> str:
    """The address of somebody's API, with a slash at its end; it may lie below a path. Raises ValueError in words."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or not link(url):
        raise ValueError("must be the server's address, like https://push.example.org")
    if parts.username or parts.password:
        raise ValueError("must hold no user and password")
    if parts.query or parts.fragment:
        raise ValueError("must end before ? and #")
    return f"{url.rstrip('/')}/"


def printable(token: SecretStr) -> SecretStr:
    """A secret that can stand in a header. Raises ValueError in words."""
    if not re.fullmatch(r"[!-~]*", token.get_secret_value()):
        raise ValueError("must be plain letters, digits and signs, without spaces or line breaks")
    return token


Server = Annotated[str, AfterValidator(server)]
Token = Annotated[SecretStr, AfterValidator(printable)]
