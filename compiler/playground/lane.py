"""A worker process, and those who wait for it: one question at a time, each within its time.

A process that takes too long, or dies, or is no longer waited for, is killed, and the next question gets a new one.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from compiler.limits import PLAYED_BYTES, WAITING, Limit
from rasp.diagnostics import Diagnostic, RaspError
from rasp.limits import WORKER_MEBIBYTES

Record = dict[str, Any]
HOME = Path(__file__).resolve().parents[2]
#: Libraries for arrays would reserve memory for as many threads as there are cores.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONIOENCODING": "utf-8",
}


class Lane:
    """Asks the worker that `python -m MODULE` starts. `seconds` is the limit of time of one question."""

    def __init__(self, module: str, seconds: Limit) -> None:
        self.module = module
        self.seconds = seconds
        self.turn = asyncio.Lock()
        self.waiting = 0
        self.process: asyncio.subprocess.Process | None = None

    async def ask(self, name: str, question: Record) -> AsyncGenerator[Record]:
        """What the worker says, line by line. Raises `RaspError` if it is too busy, too slow, or out of memory."""
        if self.waiting >= WAITING.most:
            raise WAITING.refusal("the playground is busy with other questions")
        self.waiting += 1
        try:
            async with self.turn, aclosing(self.exchange(name, question)) as said:
                async for record in said:
                    yield record
        finally:
            self.waiting -= 1

    async def exchange(self, name: str, question: Record) -> AsyncGenerator[Record]:
        process, answered = await self.started(), False
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(self.seconds.most):
                process.stdin.write(f"{json.dumps({'ask': name, 'question': question})}\n".encode())
                await process.stdin.drain()
                while not answered:
                    line = await process.stdout.readline()
                    if not line:
                        raise WORKER_MEBIBYTES.refusal("the process that worked on it ran out of memory")
                    record: Record = json.loads(line)
                    answered = "progress" not in record
                    yield record
        except TimeoutError:
            raise self.seconds.refusal(f"it takes longer than {self.seconds}") from None
        except (ConnectionError, ValueError):
            message = "the process that worked on it ended"
            raise RaspError(Diagnostic(message, hint="try it again", code="worker")) from None
        finally:
            if not answered:
                await self.stop()

    async def started(self) -> asyncio.subprocess.Process:
        if self.process is None or self.process.returncode is not None:
            # In a session of its own, so that an interrupt at the terminal is the server's alone.
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", self.module),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={
                    **os.environ,
                    **ONE_THREAD,
                    "PYTHONPATH": f"{HOME}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
                },
                limit=PLAYED_BYTES.most,
                start_new_session=True,
            )
        return self.process

    async def stop(self) -> None:
        """End the process, whatever it is at."""
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
