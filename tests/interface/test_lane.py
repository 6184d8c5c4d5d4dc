"""Processes of the playground: what loops is ended, what grows or dies is told, and the next question is answered."""

import asyncio
from typing import Any

import pytest

from compiler.limits import WAITING
from compiler.playground.lane import Lane
from rasp.diagnostics import RaspError
from rasp.limits import Limit

SECONDS = Limit(2, "seconds", "a test waits no longer")


async def ask(lane: Lane, way: str) -> list[dict[str, Any]]:
    return [record async for record in lane.ask("try", {"way": way})]


async def answers_after(ways: tuple[str, ...]) -> tuple[list[list[dict[str, Any]] | BaseException], int, int]:
    """What comes of each, one after the other, and the processes that answer before and after."""
    lane = Lane("tests.interface.stuck_worker", Limit(60, "seconds", "starting takes its time"))
    try:
        [first] = await ask(lane, "well")
        lane.seconds = SECONDS
        found = [(await asyncio.gather(ask(lane, way), return_exceptions=True))[0] for way in ways]
        lane.seconds = Limit(60, "seconds", "starting takes its time")
        [last] = await ask(lane, "well")
        return found, first["answer"]["process"], last["answer"]["process"]
    finally:
        await lane.stop()


def test_what_takes_too_long_is_ended() -> None:
    [found], first, last = asyncio.run(answers_after(("loop",)))
    assert isinstance(found, RaspError) and "longer than 2 seconds" in found.diagnostics[0].message
    assert first != last


def test_what_grows_or_fails_is_told_by_the_same_process() -> None:
    [grown, failed], first, last = asyncio.run(answers_after(("grow", "fail")))
    assert isinstance(grown, list) and "memory" in grown[0]["diagnostics"][0]["message"]
    assert isinstance(failed, list) and "please report it" in failed[0]["diagnostics"][0]["message"]
    assert first == last


def test_a_process_that_dies_is_told_and_replaced() -> None:
    [found], first, last = asyncio.run(answers_after(("die",)))
    assert isinstance(found, RaspError) and first != last


def test_nobody_waits_in_too_long_a_line() -> None:
    lane = Lane("tests.interface.stuck_worker", SECONDS)
    lane.waiting = WAITING.most
    with pytest.raises(RaspError, match="busy"):
        asyncio.run(ask(lane, "well"))


def test_who_no_longer_waits_ends_the_work() -> None:
    async def leave() -> bool:
        lane = Lane("tests.interface.stuck_worker", Limit(60, "seconds", "starting takes its time"))
        said = lane.ask("try", {"way": "loop"})
        assert await anext(said) == {"progress": "looping"}
        process = lane.process
        await said.aclose()
        return process is not None and process.returncode is not None and lane.process is None

    assert asyncio.run(leave())
