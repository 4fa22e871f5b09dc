"""The queue of failed tasks whose texts a recording lacks."""

import asyncio
from datetime import timedelta

import pytest

from store import Error, Resources, Task, TaskID
from tests.support.clock import MockClock, settle
from tests.support.rows import NOW, OOM, ago, make_run, make_task, task_id
from tests.support.scripted_db import THROTTLED
from tui.watch.polling.budget import Budget
from tui.watch.recording.task_texts import TaskTexts
from tui.watch.recording.text_queue import COST, TextQueue


class Queue:
    """A queue on a clock, with what it read and wrote."""

    def __init__(self, *recorded: TaskID, limit: float = COST) -> None:
        self.clock = MockClock(NOW)
        self.budget = Budget(limit, 0.125)
        self.asked: list[TaskID] = []
        self.rows: list[Task] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures: list[Error] = []
        self.texts = TextQueue(self.budget, self.read, self.write, recorded, self.clock.now, self.clock.sleep)
        self.task = asyncio.ensure_future(self.texts.run())

    @property
    def written(self) -> list[TaskID]:
        return [row.id for row in self.rows]

    async def read(self, task: Task) -> TaskTexts:
        self.asked.append(task.id)
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        return TaskTexts(read=self.clock.now(), stderr=b"x")

    def write(self, task: Task, texts: TaskTexts) -> None:
        self.rows.append(task)

    async def wait(self, seconds: float) -> None:
        await settle()
        await self.clock.advance(seconds)
        await settle()


def failed(number: int, seconds: float = 10) -> Task:
    return make_task(number, 1, end=ago(seconds=seconds), err=OOM)


async def test_each_failed_task_is_read_once_the_newest_first() -> None:
    queue = Queue(task_id(9))
    queue.texts.add([failed(1, 30), failed(2, 20), make_task(3, 1), make_task(4, 1, end=NOW), make_run(1), failed(9)])
    queue.texts.add([failed(1, 30)])
    assert len(queue.texts) == 2
    await queue.wait(100)
    assert queue.asked == queue.written == [task_id(2), task_id(1)]
    queue.texts.add([failed(1), failed(5)])
    await queue.wait(100)
    assert queue.written == [task_id(2), task_id(1), task_id(5)]
    assert len(queue.texts) == 0
    queue.task.cancel()


async def test_tasks_that_the_model_has_forgotten_are_forgotten() -> None:
    queue = Queue()
    for number in range(1, 20):
        queue.texts.add([failed(number)])
        queue.texts.forget([task_id(number)])
    assert queue.texts.known == 0
    await queue.wait(1000)
    assert len(queue.written) == 19, "the texts of added tasks are read anyway"
    queue.task.cancel()


@pytest.mark.parametrize("cpu", [4, 8])
async def test_a_task_that_is_forgotten_while_it_waits_and_added_again_is_read_once_as_it_is_then(cpu: int) -> None:
    queue = Queue()
    again = make_task(1, 1, end=ago(seconds=10), err=OOM, resources=Resources({"cpu": cpu}))
    queue.texts.add([failed(1)])
    queue.texts.forget([task_id(1)])
    queue.texts.add([again])
    assert len(queue.texts) == 1
    await queue.wait(100)
    assert queue.rows == [again]
    assert (len(queue.texts), queue.task.done()) == (0, False)
    queue.task.cancel()


async def test_a_task_that_is_forgotten_while_it_is_read_and_added_again_is_read_once() -> None:
    queue = Queue()
    queue.gate.clear()
    queue.texts.add([failed(1)])
    await queue.wait(1)
    queue.texts.forget([task_id(1)])
    queue.texts.add([failed(1)])
    queue.gate.set()
    await queue.wait(100)
    assert queue.written == [task_id(1)]
    assert len(queue.texts) == 0
    queue.task.cancel()


async def test_reads_stay_within_their_share_of_the_budget() -> None:
    queue = Queue(limit=COST)  # a task costs a second of the budget
    queue.texts.add(failed(number) for number in range(1, 50))
    await queue.wait(0)
    assert len(queue.written) == 1
    await queue.wait(1.9)
    assert len(queue.written) == 1
    await queue.wait(0.2)
    assert len(queue.written) == 2
    assert queue.budget.rate(queue.clock.now()) == 2 * COST / 60
    queue.task.cancel()


async def test_reads_wait_while_refreshes_need_the_budget() -> None:
    queue = Queue(limit=COST)
    queue.budget.spend(COST * 60, NOW)
    assert queue.texts.pause == timedelta(seconds=10)
    await queue.clock.advance(61)
    assert queue.texts.pause == timedelta(seconds=2)
    queue.task.cancel()


async def test_a_failed_read_is_tried_again_after_the_others() -> None:
    queue = Queue()
    queue.failures = [THROTTLED]
    queue.texts.add([failed(1, 30), failed(2, 20)])
    await queue.wait(0)
    errors = [queue.texts.error]
    assert len(queue.texts) == 2
    await queue.wait(100)
    assert queue.asked == [task_id(2), task_id(1), task_id(2)]
    assert queue.written == [task_id(1), task_id(2)]
    assert [*errors, queue.texts.error] == [THROTTLED, None]
    queue.task.cancel()
