"""Files on homeservers as they are not any more, or should not be: what a real one of today does not answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.chat.matrix import media
from adapters.chat.matrix.config import Config
from adapters.chat.matrix.homeserver import Homeserver
from bot.ports import Rejected, Unavailable
from tests.contract.servers.http import Answer, HttpServer, Request, Trouble

PLACE = "mxc://example.org/AbC"
CONTENT = b"\x89PNG and so on"
UNRECOGNIZED = Answer.of({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}, 404)


@asynccontextmanager
async def homeserver(server: HttpServer) -> AsyncIterator[Homeserver]:
    config = Config(homeserver=server.url, user_id="@klatsch:example.org", access_token="syt_secret")
    found = Homeserver("matrix", config)
    try:
        yield found
    finally:
        await found.close()


@pytest.mark.parametrize("unknown", [UNRECOGNIZED, Answer(404, b"<html>nginx</html>")])
async def test_a_homeserver_from_before_authenticated_media_is_asked_as_it_knows_it(unknown: Answer):
    def old(request: Request) -> Answer:
        return Answer(200, CONTENT) if request.target.startswith("/_matrix/media/v3/download/") else unknown

    async with HttpServer(old) as server, homeserver(server) as asked:
        assert await media.fetch(asked, PLACE, 100) == CONTENT
    assert [request.target for request in server.requests] == [
        "/_matrix/client/v1/media/download/example.org/AbC",
        "/_matrix/media/v3/download/example.org/AbC",
    ]


async def test_what_an_old_homeserver_has_no_more_is_gone():
    def old(request: Request) -> Answer:
        gone = Answer.of({"errcode": "M_NOT_FOUND", "error": "Not found"}, 404)
        return gone if "/v3/" in request.target else UNRECOGNIZED

    async with HttpServer(old) as server, homeserver(server) as asked:
        with pytest.raises(Rejected, match=r"^it is not on the homeserver any more$"):
            await media.fetch(asked, PLACE, 100)


async def test_a_body_without_end_is_left_at_the_limit():
    async with HttpServer(lambda request: Answer()) as server, homeserver(server) as asked:
        server.orders.append(Trouble.TRICKLE)
        with pytest.raises(Rejected, match=r"^it is larger than 5 bytes$"):
            await media.fetch(asked, PLACE, 5)


@pytest.mark.parametrize(
    "order",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly half of it",
        Answer.of({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000}, 429),
        Answer.of({"errcode": "M_NOT_YET_UPLOADED", "error": "Media has not been uploaded yet"}, 504),
        Answer(502, b"<html>Bad gateway</html>"),
    ],
)
async def test_what_may_come_later_is_asked_for_again(order: Answer | bytes):
    async with HttpServer(lambda request: Answer(200, CONTENT)) as server, homeserver(server) as asked:
        server.orders.append(order)
        with pytest.raises(Unavailable):
            await media.fetch(asked, PLACE, 100)
        assert await media.fetch(asked, PLACE, 100) == CONTENT


async def test_what_is_forbidden_is_said_in_the_homeserver_s_words_without_our_token():
    said = Answer.of({"errcode": "M_FORBIDDEN", "error": "not you, syt_secret"}, 403)
    async with HttpServer(lambda request: said) as server, homeserver(server) as asked:
        with pytest.raises(Rejected, match="403 M_FORBIDDEN not you") as refused:
            await media.fetch(asked, PLACE, 100)
    assert "syt_secret" not in refused.value.reason


async def test_an_encrypted_file_without_its_key_is_not_even_fetched():
    async with HttpServer(lambda request: Answer(200, CONTENT)) as server, homeserver(server) as asked:
        with pytest.raises(Rejected, match="its address is none of a homeserver"):
            await media.fetch(asked, f'{{"url": "{PLACE}"}}', 100)
    assert server.requests == []


@pytest.mark.parametrize("said", [{}, {"content_uri": "https://example.org/x"}, []])
async def test_a_file_that_is_taken_without_an_address_is_uploaded_again(said: object):
    async with HttpServer(lambda request: Answer.of(said)) as server, homeserver(server) as asked:
        with pytest.raises(Unavailable, match=r"^matrix: a file was taken without an address$"):
            await asked.upload(CONTENT, "image/png")
    (request,) = server.requests
    assert (request.target, request.body) == ("/_matrix/media/v3/upload", CONTENT)
    assert request.headers["content-type"] == "image/png"


async def test_a_file_that_is_too_large_for_the_homeserver_is_refused_without_our_token():
    refusal = Answer.of({"errcode": "M_TOO_LARGE", "error": "syt_secret is too large"}, 413)
    async with HttpServer(lambda request: refusal) as server, homeserver(server) as asked:
        with pytest.raises(Rejected, match="M_TOO_LARGE") as refused:
            await asked.upload(CONTENT, "image/png")
    assert "syt_secret" not in refused.value.reason
