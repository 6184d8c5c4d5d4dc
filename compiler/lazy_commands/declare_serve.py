"""The command `rasp serve`."""

import click

from rasp.command_line.checked_command import CheckedCommand
from rasp.command_line.console import WrongUsage
from rasp.command_line.place import PLACE

PORT = 8137


@click.command(cls=CheckedCommand)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"The port to listen at, else {PORT}; 0 for any that is free.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--static",
    "folder",
    type=PLACE,
    metavar="DIR",
    help="Write the page as files instead: gallery and lessons, no interpreter.",
)
def serve(port: int | None, opens: bool, folder: str | None) -> int:
    """Serve the playground: write RASP in a browser, and watch it at work.

    An editor that knows the language, values and pictures as you type, the programs that come with the language, lessons
    with puzzles, and models compiled and shown from inside. It is reached from this machine only, reads and writes no
    files, and works until Ctrl-C. With --static it serves nothing: it writes the page into a folder, and ends.

    \b
    Examples:
      rasp serve
      rasp serve --port 0 --open
      rasp serve --static page
    """
    from compiler.commands.serve import serve_playground, write_page_files  # noqa: PLC0415

    if folder is None:
        return serve_playground(PORT if port is None else port, opens)
    for flag, given in (("--open", opens), ("--port", port is not None)):
        if given:
            raise WrongUsage(
                f"--static writes files and serves nothing: {flag} has no meaning beside it",
                f"leave out --static or {flag}",
            )
    return write_page_files(folder)
