"""`phonefleet server`: one local Prefect server that stays, so that commands need not start one each."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import kept_server
from flows.cli.common import Json
from flows.cli.output import print_json
from flows.cli.terminal import err, out
from flows.kept_server import ServerRecord

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Keep a local Prefect server running, so that commands start at once and their runs stay visible.",
)


@app.command()
def start(
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Its port; 0 takes any free port [the last one, or 4214]."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start the local Prefect server in the background, unless it runs."""
    directory = kept_server.server_dir()
    running = kept_server.running(directory)
    if running is None:
        err.print("starting the local Prefect server, which takes 10 to 40 s", highlight=False)
    elif not kept_server.answers(running):
        err.print(f"{running.silence}: it is waited for", highlight=False)
    record, started = kept_server.start(directory, port)
    _show(record, "started" if started else "runs already", as_json=as_json)


@app.command()
def stop(as_json: Json = False) -> None:
    """Stop the local Prefect server; its database stays."""
    record = kept_server.stop(kept_server.server_dir())
    if as_json:
        print_json({"stopped": record is not None})
    else:
        out.print("stopped" if record else "no local Prefect server runs", highlight=False)


@app.command()
def status(as_json: Json = False) -> None:
    """Print the address and version of the local Prefect server; exit code 1 if none runs and answers."""
    directory = kept_server.server_dir()
    record = kept_server.running(directory)
    if record is not None and kept_server.answers(record):
        _show(record, "runs", as_json=as_json)
        return
    if as_json:
        silent = {"answers": False, "pid": record.pid} if record is not None else {}
        print_json({"running": record is not None, **silent})
    elif record is not None:
        out.print(
            f"{record.silence}: see {kept_server.log_file(directory)}, or stop it (phonefleet server stop)",
            highlight=False,
        )
    else:
        out.print("no local Prefect server runs: phonefleet server start", highlight=False)
    raise typer.Exit(1)


def _show(record: ServerRecord, state: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "running": True,
                "answers": True,
                "api": record.api_url,
                "ui": record.ui_url,
                "pid": record.pid,
                "prefect": record.prefect,
            }
        )
        return
    out.print(
        f"{state}: {record.ui_url} (API {record.api_url}), Prefect {record.prefect}, pid {record.pid}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if not record.fits:
        err.print("another version of Prefect is installed now: stop the server and start it again")
