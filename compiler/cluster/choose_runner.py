"""Who runs the batches of a verification, and whether what they find is kept."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from compiler.cluster.dask_runner import open_cluster, run_on_cluster
from compiler.cluster.kept_tallies import open_kept, run_and_keep
from compiler.cluster.shipped_model import read_shipped
from compiler.engines.engine_table import EngineRequest
from compiler.verify.chosen_inputs import Selection
from compiler.verify.differential import Runner, run_here


@dataclass(frozen=True)
class RunRequest:
    """`cluster`: the address of a Dask cluster, None: this process runs them. `results`: the folder where what is found is
    kept, None: nowhere."""

    cluster: str | None = None
    results: Path | None = None


HERE = RunRequest()


@contextmanager
def choose_runner(
    request: RunRequest, folder: Path, engine: EngineRequest | None, selection: Selection
) -> Generator[Runner]:
    """The runner of a folder's batches. Raises `RaspError` for a folder of other results, `ModelError` where there is no
    cluster, `OSError` where the model's folder cannot be read."""
    if request == HERE:
        yield run_here
        return
    shipped = read_shipped(folder, engine)
    kept = None if request.results is None else open_kept(request.results, shipped.hash(), selection)
    with ExitStack() as open_while_used:
        run = run_here
        if request.cluster is not None and (kept is None or kept.checked < selection.total):
            run = run_on_cluster(open_while_used.enter_context(open_cluster(request.cluster)), shipped)
        yield run if kept is None else run_and_keep(run, kept)
