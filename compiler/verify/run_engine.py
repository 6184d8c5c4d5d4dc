"""A model in an engine, held against the interpreter; and what the engine makes of it when it is asked for nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from compiler.engines.engine_table import ENGINES, EngineRequest, open_engine
from compiler.formats.format_names import EngineName
from compiler.json_forms.answer_forms import EngineRecord
from compiler.model.foreign_model import ForeignModel
from compiler.model.stock_model import StockModel
from compiler.pipeline import Compiled
from compiler.verify.chosen_inputs import Selection
from compiler.verify.differential import Check, Report, Runner, run_here, verify_model
from compiler.verify.readers import Reader
from compiler.verify.stock_folder import STOCK_READERS, read_right
from rasp.diagnostics import Diagnostic
from rasp.values import show_count

PADDED: Mapping[str, Reader] = {"padded": read_right}


@dataclass(frozen=True)
class EngineReport:
    """What was found: in the arithmetic asked for, and, where that was float32, in what the engine does by default."""

    engine: EngineName
    version: str
    precision: str
    report: Report
    by_default: Report | None

    def as_json(self) -> EngineRecord:
        """Plain data for `--json`."""
        return {
            "engine": self.engine,
            "version": self.version,
            "dtype": self.precision,
            "mismatched_by_default": None if self.by_default is None else self.by_default.mismatched,
        }

    def list_warnings(self) -> list[Diagnostic]:
        """What to say of the engine's defaults, where they break exactness."""
        if self.by_default is None or self.by_default.passed:
            return []
        wrong, checked = self.by_default.mismatched, self.by_default.checked
        message = (
            f"by default {self.engine} {self.version} does not compute in float32: "
            f"it is wrong on {wrong:,} of {show_count(checked, 'input')}"
        )
        hint = f"ask for float32: {ENGINES[self.engine].ask}"
        return [Diagnostic(message, hint=hint, severity="warning", code="engine-defaults")]


def verify_in_engine(
    request: EngineRequest,
    compiled: Compiled,
    selection: Selection,
    advance: Callable[[int], None] = lambda count: None,
    run: Runner = run_here,
) -> EngineReport:
    """Run a compilation in an engine. Raises `ModelError`."""
    engine = ENGINES[request.engine]
    with open_engine(request, compiled) as model:
        report = verify_model(check_of(model, compiled), selection, advance, run)
    by_default = None
    if request.precision == "float32" and report.passed and engine.ask:
        with open_engine(replace(request, precision=None), compiled) as model:
            by_default = verify_model(check_of(model, compiled), selection)
    return EngineReport(
        request.engine, engine.find_version(), request.precision or "default", report, by_default
    )


def check_of(model: ForeignModel, compiled: Compiled) -> Check:
    """What has to hold of a model in an engine."""
    readers = STOCK_READERS[model.config.attention] if isinstance(model, StockModel) else PADDED
    return Check(model, compiled.meaning, compiled.options.no_value, readers, compiled.options.margin)
