"""The command `rasp serve`."""

import click

from rasp.command_line.console import WrongUsage


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8137,
    show_default=True,
    help="The port to listen at; 0 for any that is free.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--static",
    "folder",
    metavar="DIR",
    help="Write the page as files instead: gallery and lessons, no interpreter.",
)
def serve(port: int, opens: bool, folder: str | None) -> int:
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

    if folder is not None and opens:
        raise WrongUsage(
            "--static writes files and serves nothing that could be opened", "leave out one of the two"
        )
    if folder is not None:
        return write_page_files(folder)
    return serve_playground(port, opens)
