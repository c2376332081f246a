"""Where we listen, and how somebody at this machine opens it."""

from __future__ import annotations

import pytest

from bot.addresses import everywhere, url


@pytest.mark.parametrize(
    ("host", "typed"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("localhost", "http://localhost:8080"),
        ("klatsch.example.org", "http://klatsch.example.org:8080"),
        ("::1", "http://[::1]:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("0:0:0:0:0:0:0:0", "http://[::1]:8080"),
    ],
)
def test_an_address_to_listen_on_is_written_as_a_browser_on_this_machine_opens_it(host: str, typed: str) -> None:
    assert url(host, 8080) == typed


@pytest.mark.parametrize(("host", "expected"), [("0.0.0.0", True), ("::", True), ("::1", False), ("0.example", False)])
def test_only_the_unspecified_address_is_everywhere(host: str, expected: bool) -> None:
    assert everywhere(host) is expected
