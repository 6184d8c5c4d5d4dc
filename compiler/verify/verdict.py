"""What `rasp verify` says in one line: the worst of what it found."""

from dataclasses import dataclass

from compiler.export.recompile import Standing
from compiler.verify.differential import Report
from rasp.values import show_count, show_percent

REFUTED = "NOT verified"
VERIFIED = "verified"
UNCERTIFIED = "NOT certified"


@dataclass(frozen=True)
class Verdict:
    """`passed`: nothing speaks against the checkpoint, and something speaks for it. `headline` says so in one line."""

    passed: bool
    headline: str


def judge_model(report: Report, standing: Standing) -> Verdict:
    """The verdict on a model that was run and compared with its program compiled again."""
    refuted = refutation(report, standing)
    if refuted:
        return Verdict(False, f"{REFUTED}: {refuted}")
    if report.compared < report.positions:
        which = "all positions" if report.exhaustive else "the positions checked"
        share = show_percent(report.compared, report.positions)
        return Verdict(True, f"{VERIFIED} at the {share} of {which} at which {wanted(report)} has a value")
    return Verdict(True, VERIFIED)


def judge_trained(report: Report) -> Verdict:
    """The verdict on a model that was trained: nothing that is found speaks for other inputs."""
    wrong = f"wrong on {report.mismatched:,} of {show_count(report.checked, 'input')} tried"
    return Verdict(False, f"{UNCERTIFIED}: it was trained, and is {wrong}")


def refutation(report: Report, standing: Standing) -> str:
    """The worst of what speaks against a checkpoint; empty when nothing does."""
    if report.mismatched:
        return f"wrong on {report.mismatched:,} of {show_count(report.checked, 'input')}"
    for reader, wrong in report.readers.items():
        if wrong:
            return f"wrong when it is run in another way ({reader})"
    if standing.differences:
        return standing.differences[0]
    if not report.compared:
        return f"{wanted(report)} has a value at no position of the {show_count(report.checked, 'input')} checked"
    return ""


def wanted(report: Report) -> str:
    """The program, or of several outputs the one that has the fewest values."""
    return report.scarcest if len(report.by_output) > 1 else "the program"
