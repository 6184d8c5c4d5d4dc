"""Rich's console, with colours and bold letters where the user wants any."""

import os

from rich.console import Console

from rasp.notation.style import wants_colour


def open_console(*, stderr: bool = False, soft_wrap: bool = False) -> Console:
    """For standard output, or for standard error."""
    wanted = wants_colour(os.environ)
    return Console(
        stderr=stderr,
        soft_wrap=soft_wrap,
        color_system=None if wanted is False else "auto",  # rich itself would leave bold letters
        force_terminal=wanted or None,
    )
