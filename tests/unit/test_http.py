"""The one HTTP helper: every answer, every failure, and never a secret."""

import asyncio
import base64
import gzip
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from adapters.excerpt import excerpt
from adapters.http import ANSWER_BYTES, Http, json_object, retry_after
from bot.ports import DeliveryError, Rejected, Unavailable
from tests.contract.servers.http import Answer, HttpServer, Request, Trouble
from tests.contract.statuses import REFUSALS
from tests.until import PATIENCE, until

SECRET = "tk_5ecret/with+signs"


def hello(request: Request) -> Answer:
    return Answer.of({"hello": request.target})


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer(hello) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(seconds=PATIENCE, trust_env=False) as http:
        yield http


async def failure(http: Http, url: str, **given: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await http.request("POST", url, provider="phones", **given)
    return caught.value


async def test_an_answer_that_is_ok_comes_back_whole(http: Http, server: HttpServer) -> None:
    answer = await http.request("POST", f"{server.url}/x", provider="phones", json={"a": "ä"}, headers={"X-One": "1"})

    assert json_object(answer, provider="phones") == {"hello": "/x"}
    sent = server.requests[0]
    assert (sent.method, sent.body, sent.headers["x-one"]) == ("POST", '{"a":"ä"}'.encode(), "1")
    assert sent.headers["user-agent"].startswith("klatsch/")


async def test_a_header_that_is_no_ascii_makes_no_error_of_a_yes(http: Http, server: HttpServer) -> None:
    """Whoever was paged would be paged again and again."""
    server.orders.append(Answer(201, headers={"Location": "/sider/møde"}))
    answer = await http.request("POST", f"{server.url}/x", provider="phones", ok=(201,))
    assert answer.headers["location"] == "/sider/møde"


async def test_a_user_and_a_password_travel_in_the_header_only(http: Http, server: HttpServer) -> None:
    await http.request("GET", f"{server.url}/x", provider="phones", basic=("ana", SECRET))

    expected = base64.b64encode(f"ana:{SECRET}".encode()).decode()
    assert server.requests[0].headers["authorization"] == f"Basic {expected}"
    assert server.requests[0].target == "/x"


async def test_a_provider_that_hangs_takes_no_other_one_s_connections(http: Http, server: HttpServer) -> None:
    async with HttpServer(hello) as other:
        other.orders.extend([Trouble.HANG] * 120)
        hanging = [asyncio.create_task(failure(http, other.url)) for _ in range(120)]
        await until(lambda: len(other.requests) >= 100, "many requests that hang")
        async with asyncio.timeout(PATIENCE):
            assert (await http.request("POST", server.url, provider="phones")).is_success
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


async def test_every_status_has_its_verdict(http: Http, server: HttpServer) -> None:
    verdicts = {}
    for status in REFUSALS:
        server.orders.append(Answer(status))
        verdicts[status] = type(await failure(http, server.url))

    assert verdicts == REFUSALS


async def test_a_success_the_caller_did_not_expect_is_rejected(http: Http, server: HttpServer) -> None:
    server.orders.append(Answer(206))
    assert isinstance(await failure(http, server.url), Rejected)


async def test_a_redirect_is_not_followed(http: Http, server: HttpServer) -> None:
    server.orders.append(Answer(307, headers={"Location": f"{server.url}/elsewhere?key={SECRET}"}))

    error = await failure(http, server.url)

    assert isinstance(error, Rejected)
    assert error.reason == "phones: answered 307 Temporary Redirect"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "order",
    [
        Trouble.DROP,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    ],
    ids=["closed without an answer", "closed in the middle of it", "another protocol", "a broken header"],
)
async def test_a_lost_connection_may_work_later(order: Trouble | bytes, http: Http, server: HttpServer) -> None:
    server.orders.append(order)
    error = await failure(http, server.url)
    assert isinstance(error, Unavailable)
    assert error.reason == "phones: the connection was lost before the answer came"


@pytest.mark.parametrize("order", [Trouble.HANG, Trouble.TRICKLE])
async def test_no_whole_answer_in_time_may_work_later(order: Trouble, server: HttpServer) -> None:
    server.orders.append(order)
    async with Http(seconds=0.1, trust_env=False) as http:
        error = await failure(http, server.url)
    assert isinstance(error, Unavailable)
    assert error.reason == "phones: no answer within 0.1 s"


async def test_nobody_listening_may_work_later(http: Http) -> None:
    async with HttpServer(hello) as gone:
        url = gone.url
    error = await failure(http, url)
    assert isinstance(error, Unavailable)
    assert error.reason.startswith("phones: cannot connect")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "the certificates cannot be read (No such file or directory)"),
        ("HTTPS_PROXY", f"http://klatsch:{SECRET}@[::1", "the proxy's address is not one"),
        ("HTTPS_PROXY", f"gopher://klatsch:{SECRET}@proxy", "the proxy's address is not one"),
    ],
)
async def test_an_environment_that_allows_no_request_is_named(
    name: str, value: str, reason: str, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    async with Http() as http:
        error = await failure(http, server.url)
        assert isinstance(error, Unavailable)
        assert reason in error.reason
        assert name in error.reason
        assert SECRET not in error.reason
        monkeypatch.delenv(name)
        assert (await http.request("POST", server.url, provider="phones")).status_code == 200


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (f"ftp://example.org/{SECRET}", {}),
        (f"http://example.org:{SECRET}", {}),
        ("URL", {"Authorization": f"Bearer {SECRET}\nX-Evil: 1"}),
        ("URL", {"Authorization": f"Bearer {SECRET}ä"}),
    ],
    ids=["another scheme", "no address at all", "a header with a line break", "a header that is not ASCII"],
)
async def test_what_cannot_be_sent_is_rejected_and_not_shown(
    url: str, headers: dict[str, str], http: Http, server: HttpServer
) -> None:
    error = await failure(http, server.url if url == "URL" else url, headers=headers)
    assert isinstance(error, Rejected)
    assert "5ecret" not in error.reason
    assert error.__suppress_context__, "the original error quotes the request, and tracebacks are logged"
    assert server.requests == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        (" 7 ", timedelta(seconds=7)),
        ("99999999999999999999999", timedelta(days=1)),
        ("Fri, 21 Nov 2026 10:01:30 GMT", timedelta(seconds=90)),
        ("Fri, 21 Nov 2026 10:01:30 -0000", timedelta(seconds=90)),
        ("Fri, 21 Nov 2025 10:00:00 GMT", timedelta(0)),
        ("Fri, 21 Nov 2036 10:00:00 GMT", timedelta(days=1)),
        ("-5", None),
        ("soon", None),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_bounded(value: str, expected: timedelta | None) -> None:
    assert retry_after({"Retry-After": value, "Date": "Fri, 21 Nov 2026 10:00:00 GMT"}) == expected


def test_a_date_without_the_servers_own_clock_says_nothing() -> None:
    assert retry_after({"Retry-After": "Fri, 21 Nov 2026 10:01:30 GMT"}) is None
    assert retry_after({"Retry-After": "Fri, 21 Nov 2026 10:01:30 GMT", "Date": "today"}) is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_when_to_come_back_is_told_with_the_error(status: int, http: Http, server: HttpServer) -> None:
    server.orders.append(Answer(status, headers={"Retry-After": "17"}))
    error = await failure(http, server.url)
    assert isinstance(error, Unavailable)
    assert error.retry_after == timedelta(seconds=17)


async def test_the_reason_says_who_what_why_and_what_to_do(http: Http, server: HttpServer) -> None:
    server.orders.append(Answer.of({"error": "no such user"}, 401))
    error = await failure(http, server.url, hints={401: "check paging.phones.token"})
    assert error.reason == ('phones: answered 401 Unauthorized: {"error": "no such user"} (check paging.phones.token)')


async def test_no_secret_is_in_a_reason_or_a_log(
    http: Http, server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    basic = base64.b64encode(f"ana:{SECRET}".encode()).decode()
    echo = f"no: {SECRET} tk_5ecret%2Fwith%2Bsigns tk_5ecret\\/with+signs Basic {basic} other-5ecret query=5ecret"
    server.orders.append(Answer(400, echo.encode(), {"Content-Type": "text/plain"}))
    url = f"{server.url}/path?query=5ecret"

    error = await failure(http, server.url + "/path", basic=("ana", SECRET), secrets=["other-5ecret", "query=5ecret"])
    server.orders.append(Answer(400, echo.encode(), {"Content-Type": "text/plain"}))
    by_url = await failure(http, url, headers={"Authorization": f"Bearer {SECRET}"}, secrets=[basic, "other-5ecret"])

    assert error.reason == "phones: answered 400 Bad Request: no: ••• ••• ••• Basic ••• ••• •••"
    assert "5ecret" not in by_url.reason
    assert "5ecret" not in caplog.text


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        (b"busy\r\n\x1b[31mred\x00\n\n  now", "text/plain; charset=utf-8", ": busy [31mred now"),
        (b"x" * 5000, "text/plain", f": {'x' * 199}…"),
        (b"\xff\xfe", "application/json", ": ��"),
        (b"<html>the proxy's page</html>", "text/html", ""),
        (b"who knows", "", ""),
        (b"x" * (ANSWER_BYTES + 1), "text/plain", ""),
    ],
    ids=["control characters", "long", "not UTF-8", "HTML", "no type", "larger than 1 MB"],
)
async def test_somebody_elses_words_are_bounded_and_cleaned(
    body: bytes, kind: str, shown: str, http: Http, server: HttpServer
) -> None:
    server.orders.append(Answer(503, body, {"Content-Type": kind} if kind else {}))
    error = await failure(http, server.url)
    assert error.reason == f"phones: answered 503 Service Unavailable{shown}"


async def test_an_answer_of_one_megabyte_is_read_and_a_larger_one_is_not(http: Http, server: HttpServer) -> None:
    server.orders.extend([Answer(200, b"x" * ANSWER_BYTES), Answer(200, b"x" * (ANSWER_BYTES + 1))])

    assert len((await http.request("GET", server.url, provider="phones")).content) == ANSWER_BYTES
    assert isinstance(await failure(http, server.url), Rejected)


async def test_a_packed_answer_is_not_unpacked(http: Http, server: HttpServer) -> None:
    server.orders.append(Answer(200, gzip.compress(b"0" * 50_000_000), {"Content-Encoding": "gzip"}))

    assert isinstance(await failure(http, server.url), Rejected)
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b"[" * 100_000], ids=repr)
async def test_an_answer_in_other_words_is_rejected(body: bytes, http: Http, server: HttpServer) -> None:
    server.orders.append(Answer(200, body))
    answer = await http.request("GET", server.url, provider="phones")
    with pytest.raises(Rejected, match="phones: answered 200, but not in its own words"):
        json_object(answer, provider="phones")


def test_the_longest_form_of_a_secret_is_hidden_first() -> None:
    assert excerpt("a=abcdef b=abc", ["abc", "abcdef", ""]) == "a=••• b=•••"
    assert excerpt("&lt;x&gt; %3Cx%3E <x>", ["<x>"]) == "••• ••• •••"
