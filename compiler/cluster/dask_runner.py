"""Batches compared by the workers of a Dask cluster.

Inputs are chosen here and sent, a batch a task, never more than a few for each worker ahead; counts come back. What was
on a worker that died is done again by another, and it gets the model's bytes again, for the scheduler keeps them.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from logging import CRITICAL
from typing import Any

from compiler.cluster.shipped_model import ShippedModel, open_shipped
from compiler.formats.import_library import take_library
from compiler.transformer.problem import make_model_error
from compiler.verify.chosen_inputs import Word
from compiler.verify.differential import Batches, Check, Runner, compare_batch
from compiler.verify.tally import Tally
from rasp.diagnostics import DiagnosedError

MODULE, INSTALL = "distributed", "distributed: it is of the extra `cluster` of this project"
LOCAL = "local"
#: Batches that wait at each worker, so that none is idle while the next one is sent.
AHEAD = 4
#: Seconds until a scheduler answers, and until it has a worker.
PATIENCE = 30
START = "start one with `dask scheduler` and `dask worker ADDRESS`, or take --cluster local"


@contextmanager
def open_cluster(address: str) -> Generator[Any]:
    """A client of the cluster at an address, or of one of this machine's cores that lives as long: `local`, or `local:N`
    with N workers. Raises `ModelError` where Dask is missing, or nothing answers."""
    library = take_library(MODULE, "--cluster", INSTALL)
    if address == LOCAL or address.startswith(f"{LOCAL}:"):
        with library.LocalCluster(**describe_local(address)) as own, library.Client(own) as client:
            yield client
        return
    try:
        client = library.Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TypeError):
        raise make_model_error(f"no Dask scheduler answers at {address}", START, "usage") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            message = f"the cluster at {address} has no worker"
            raise make_model_error(message, f"start one with `dask worker {address}`", "cluster") from None
        yield client


def describe_local(address: str) -> dict[str, object]:
    """How a cluster of this machine is started. Raises `ModelError` for what is no number of workers."""
    _, _, count = address.partition(":")
    if count and not (count.isascii() and count.isdigit() and int(count)):
        message = f"{address} is no number of workers"
        raise make_model_error(message, "write local, or local:2 for two of them", "usage")
    workers = {"n_workers": int(count)} if count else {}
    return {
        **workers,
        "threads_per_worker": 1,
        "dashboard_address": None,
        "memory_limit": None,
        "silence_logs": CRITICAL,
    }


def count_workers(client: Any) -> int:
    """How many workers there are now."""
    return len(client.scheduler_info(n_workers=-1)["workers"])


def run_on_cluster(client: Any, shipped: ShippedModel) -> Runner:
    """A runner by a cluster's workers. It raises what opening the model raises there, and `ModelError` where workers fail
    otherwise."""

    def run(check: Check, batches: Batches) -> Iterator[tuple[int, Tally]]:
        model = client.submit(keep, shipped, pure=False)
        rest = iter(batches)
        pending = take_library(MODULE, "--cluster", INSTALL).as_completed()
        for batch in islice(rest, AHEAD * max(1, count_workers(client))):
            pending.add(client.submit(compare_there, model, *batch, pure=False))
        for future in pending:
            for batch in islice(rest, 1):
                pending.add(client.submit(compare_there, model, *batch, pure=False))
            yield take_result(future)

    return run


def keep(shipped: ShippedModel) -> ShippedModel:
    """What workers ask each other for; the scheduler can have it made again where it is lost."""
    return shipped


def compare_there(
    shipped: ShippedModel, number: int, inputs: Sequence[Word]
) -> tuple[int, Tally] | DiagnosedError:
    """One batch, in a worker. An error that says what is wrong is a result, for workers would try again what raises."""
    try:
        return number, compare_batch(open_shipped(shipped).check, inputs)
    except DiagnosedError as error:
        return error


def take_result(future: Any) -> tuple[int, Tally]:
    """What a worker found. Raises what it could not do."""
    try:
        found: tuple[int, Tally] | DiagnosedError = future.result()
    except Exception as error:
        told = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        hint = "each needs rasp-compiler of this version, with the extras that the model's engine needs"
        raise make_model_error(f"the workers of the cluster fail: {told}", hint, "cluster") from None
    if isinstance(found, DiagnosedError):
        raise found
    return found
