"""The tasks of views: what fails is reported, what is on its way is cancelled when the window goes."""

from __future__ import annotations

import asyncio

from desktop.shell.tasks import Tasks


async def test_an_error_is_reported_and_the_others_go_on() -> None:
    reported: list[BaseException] = []
    tasks = Tasks(reported.append)
    done: list[str] = []

    async def fail() -> None:
        raise ValueError("x")

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.append("work")

    tasks.spawn(fail())
    await tasks.spawn(work())
    assert [type(error) for error in reported] == [ValueError]
    assert done == ["work"]
    await tasks.shutdown()


async def test_closing_cancels_what_is_on_its_way_and_waits_for_its_end() -> None:
    reported: list[BaseException] = []
    tasks = Tasks(reported.append)
    ended: list[str] = []

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append("cleaned up")

    task = tasks.spawn(long())
    await asyncio.sleep(0)
    await tasks.shutdown()
    assert task.cancelled()
    assert ended == ["cleaned up"]
    assert reported == []


async def test_what_comes_after_the_shutdown_takes_no_step() -> None:
    tasks = Tasks(lambda _error: None)
    steps: list[str] = []

    async def late() -> None:
        steps.append("one")

    await tasks.shutdown()
    task = tasks.spawn(late())
    await asyncio.sleep(0.01)
    assert task.cancelled()
    assert steps == []
