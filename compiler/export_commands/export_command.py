"""`rasp export`: a compiled model in a format of other software, read back and run before it is said to be there."""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from compiler.commands.verify import describe_smallest, list_report_lines
from compiler.engines.engine_table import EngineRequest, find_reader
from compiler.engines.recompile_folder import recompile_folder
from compiler.export.checkpoint import write_folder
from compiler.formats.format_names import FormatName
from compiler.formats.write_export import encode_export_folder, list_export_parts
from compiler.json_forms.answer_forms import ExportRecord
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.run_engine import verify_in_engine
from rasp.command_line.console import FAILED, Told, WrongUsage
from rasp.command_line.progress import show_progress
from rasp.values import show_count


@dataclass(frozen=True)
class ExportRequest:
    """The flags of `rasp export`."""

    to: FormatName
    output: str
    budget: int
    seed: int
    as_json: bool


def export_folder(folder: str, request: ExportRequest, told: Told) -> int:
    """Write the format, run it by what reads it, and only then put it into its folder."""
    if Path(folder).resolve() == Path(request.output).resolve():
        raise WrongUsage("the export would replace the model", "give another folder with -o")
    with show_progress("compiling the program again"):
        found = recompile_folder(Path(folder))
    if found.format is not None:
        hint = "export the folder that `rasp compile` wrote"
        raise WrongUsage(f"{folder} is an export itself, to {found.format}", hint)
    if not found.standing.holds:
        hint = "they were changed since, or another version made them; compile the program again"
        raise WrongUsage(f"{folder} is not exported: {found.standing.differences[0]}", hint)
    compiled, options = found.compiled, found.compiled.options
    with show_progress(f"writing {request.to}"):
        files = encode_export_folder(request.to, compiled)
    selection = choose_inputs(len(options.vocabulary), options.max_length, request.budget, request.seed)
    with TemporaryDirectory() as scratch, show_progress("running it", selection.total) as advance:
        made = Path(scratch) / "model"
        write_folder(made, files, list_export_parts(files))
        how = EngineRequest(find_reader(request.to), folder=made)
        ran = verify_in_engine(how, compiled, selection, advance)
    report = ran.report
    if (wrong := describe_smallest(report, compiled.expressions)) is not None:
        told.tell([wrong])
    if report.passed:
        write_folder(Path(request.output), files, list_export_parts(files))
    told.tell(ran.list_warnings())
    if request.as_json:
        record: ExportRecord = {
            "passed": report.passed,
            "to": request.to,
            "folder": request.output,
            "files": list(files),
            **ran.as_json(),
            **report.as_json(),
            **told.as_json(),
        }
        click.echo(json.dumps(record))
    elif report.passed:
        named = ", ".join(name for name in files)
        lines = [f"exported {', '.join(compiled.expressions)} to {request.to}", f"  files       {named}"]
        lines += [f"  run by      {ran.engine} {ran.version}", *list_report_lines(report, found.standing)]
        click.echo("\n".join([*lines, f"  written to  {request.output}"]))
    else:
        click.echo(f"NOT exported: wrong on {report.mismatched:,} of {show_count(report.checked, 'input')}")
    return 0 if report.passed else FAILED
