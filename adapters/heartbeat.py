"""A sign of life to an address outside: Healthchecks, Uptime Kuma's push monitors, or anything that notices when requests stop.

Healthchecks (https://healthchecks.io/docs/http_api/) and Uptime Kuma take GET and POST. The address is the secret: whoever knows it can
say that we live.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from adapters.http import Http
from bot.ports import Rejected, Unavailable

PROVIDER = "http.heartbeat"

HINTS = {
    301: "the address has moved: write the new one",
    302: "the address has moved: write the new one",
    307: "the address has moved: write the new one",
    308: "the address has moved: write the new one",
    401: "check `token`",
    403: "check `token`",
    404: "nobody waits for it there: check `url`",
    405: "it takes another `method`",
    409: "several checks have this name: use the address with the id",
}


def build(url: str, method: str, token: str, http: Http) -> Callable[[], Awaitable[None]]:
    """What sends one. It raises Unavailable or Rejected; neither shows the address or the token."""
    parts = urlsplit(url)
    # Each piece alone too: who answers may quote only that.
    pieces = [piece for piece in parts.path.split("/") if len(piece) > 3]
    secrets = [url, parts.path.strip("/"), *pieces, parts.query, parts.username or "", parts.password or "", token]
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def send() -> None:
        answer = await http.request(
            method, url, provider=PROVIDER, headers=headers, done=True, secrets=secrets, hints=HINTS
        )
        # For the sake of old clients Healthchecks answers 200 whatever became of it.
        said = answer.text[:100].strip().lower()
        if said == "ok (not found)":
            raise Rejected(f"{PROVIDER}: answered {answer.status_code}, but there is no such check: look at `url`")
        if said == "ok (rate limited)":
            raise Unavailable(f"{PROVIDER}: answered {answer.status_code}, but it is too often: make `every` longer")

    return send
