"""`-v`, `--quiet` and `--log-file`: what every command says while it works, and where its log goes."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typing_extensions import override

from flows.cli.terminal import Terminal

_NAMES = ("verbose", "quiet", "log_file")
_OWN_LOGGERS = ("configs", "flows", "phonefleet", "reports", "tasks")
_FILE_FORMAT = "%(asctime)sZ %(levelname)-7s %(name)s: %(message)s"
_TIMES = "%Y-%m-%dT%H:%M:%S"


@dataclass
class OutputOptions:
    """What the operator chose for this command.

    Attributes:
        verbose: 1 says how each tenant ends, 2 also what is waited for, and shows the log of phonefleet.
        quiet: say nothing while it works; results, warnings and errors are printed.
        log_file: what is said and logged is appended to this file, with times.
    """

    verbose: int = 0
    quiet: bool = False
    log_file: Path | None = None


chosen = OutputOptions()
"""The options of this process's one command."""


def output_options() -> list[Any]:
    """Return the options that every command has. Their values go to `chosen`, not to the command's function."""
    template = typer.Typer(add_completion=False)
    template.command()(_chosen)
    options = [option for option in typer.main.get_command(template).params if option.name in _NAMES]
    for option in options:
        option.expose_value = False
    return options


def _set(context: typer.Context, option: typer.CallbackParam, value: Any) -> Any:
    if not context.resilient_parsing and option.name:
        setattr(chosen, option.name, value)
    return value


def _chosen(
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, callback=_set, help="Say more while it works; -vv says most."
        ),
    ] = 0,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", callback=_set, help="Say nothing while it works.")
    ] = False,
    log_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", callback=_set, help="Append to this file what is said and logged."),
    ] = None,
) -> None:
    """Declare the options; it is never called."""


def start_logging(console: Terminal) -> None:
    """Show phonefleet's own log on a console from now on, and append it to the file that was asked for.

    Its warnings are always shown: a lost lease, and the redacted text of an error that phonefleet does not know.

    Raises:
        OSError: the file cannot be opened for appending.
    """
    handlers: list[logging.Handler] = [_ConsoleHandler(console)]
    handlers[0].setLevel(
        logging.DEBUG if chosen.verbose > 1 else logging.INFO if chosen.verbose else logging.WARNING
    )
    if chosen.log_file:
        handlers.append(_file_handler(chosen.log_file))
    for name in _OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.handlers[:] = handlers


def _file_handler(path: Path) -> logging.Handler:
    handler = logging.FileHandler(path, encoding="utf-8")
    formatter = logging.Formatter(_FILE_FORMAT, _TIMES)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    return handler


class _ConsoleHandler(logging.Handler):
    """Prints records above a live display, with control characters escaped."""

    def __init__(self, console: Terminal) -> None:
        super().__init__()
        self._console = console

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Print a record."""
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        word = record.levelname.lower()
        self._console.print(f"{word}: {record.getMessage()}", style=style, highlight=False, markup=False)
