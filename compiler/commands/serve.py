"""`rasp serve`: the playground, until it is interrupted."""

import errno
import socket
import webbrowser
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from compiler.playground.write_static import write_static
from rasp.command_line.console import WrongUsage
from rasp.values import show_count

HOST = "127.0.0.1"
#: A word of each library that the server needs, of the extra `serve`.
LIBRARIES = ("starlette", "uvicorn")
#: Seconds that questions which are being answered get when the server ends.
GRACE = 1


def serve_playground(port: int, opens: bool) -> int:
    """Serve the page at a port, 0 for any that is free. Raises `WrongUsage` if it is taken, or a library is missing."""
    uvicorn = import_libraries()
    listener = open_listener(port)
    port = listener.getsockname()[1]
    make_app = import_module("compiler.playground.web_server").make_app
    address = f"http://{HOST}:{port}/"
    click.echo(f"the playground is at {address} (Ctrl-C ends it)")
    if opens:
        webbrowser.open(address)
    config = uvicorn.Config(
        make_app(port), log_level="critical", access_log=False, timeout_graceful_shutdown=GRACE, lifespan="on"
    )
    try:
        uvicorn.Server(config).run([listener])
    except KeyboardInterrupt:  # which uvicorn raises again when it has ended
        pass
    finally:
        listener.close()
    return 0


def write_page_files(folder: str) -> int:
    """Write the page as files. Raises `RaspError`."""
    count = write_static(Path(folder))
    click.echo(
        f"{show_count(count, 'file')} written to {folder}; "
        f"any server of files shows them: python -m http.server -d {folder}"
    )
    click.echo("what is typed there is not answered: a browser has no numpy to run the interpreter with")
    return 0


def import_libraries() -> Any:
    """uvicorn, when all that the server needs is there. Raises `WrongUsage`."""
    for name in LIBRARIES:
        try:
            import_module(name)
        except ImportError:
            message = f"the playground is served by the library {name}, which is not installed here"
            raise WrongUsage(
                message, f"install it with `python -m pip install {' '.join(LIBRARIES)}`"
            ) from None
    return import_module("uvicorn")


def open_listener(port: int) -> socket.socket:
    """A socket at a port of this machine that nobody else reaches. Raises `WrongUsage` where it cannot be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "something else listens there" if taken else str(error.strerror).lower()
        raise WrongUsage(
            f"port {port} cannot be used: {reason}", "choose another with --port, or --port 0"
        ) from None
    return listener
