"""The one way in which tests wait."""

from __future__ import annotations

import asyncio

import pytest

from tests.until import DidNotCome, until, wait_until


async def test_it_answers_what_came_and_looks_until_then():
    looks = iter([None, "", "here"])
    assert await until(lambda: next(looks), "it", every=0) == "here"


async def test_it_may_ask_something_that_takes_its_time():
    looks = iter([0, 7])

    async def asked() -> int:
        await asyncio.sleep(0)
        return next(looks)

    assert await until(asked, "it", every=0) == 7


async def test_what_does_not_come_is_named():
    with pytest.raises(DidNotCome, match=r"^the page did not come within 0.01 s$"):
        await until(lambda: None, "the page", within=0.01)


async def test_who_was_held_up_until_the_time_is_over_looks_once_more():
    looks = iter([None, "here"] * 2)
    assert await until(lambda: next(looks), "it", within=0.0) == "here"
    assert wait_until(lambda: next(looks), "it", within=0.0) == "here"


async def test_what_goes_wrong_while_looking_ends_the_wait():
    with pytest.raises(ZeroDivisionError):
        await until(lambda: 1 / 0, "it")


def test_without_a_loop_it_is_the_same():
    looks = iter([None, "here"])
    assert wait_until(lambda: next(looks), "it", every=0) == "here"
    with pytest.raises(DidNotCome, match=r"^the page did not come within 0.01 s$"):
        wait_until(list, "the page", within=0.01)
