"""A throw-away PostgreSQL cluster on the loopback address, from the operating system's package."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.prefect_server import free_port


def postgresql_folder() -> Path | None:
    """Return the folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    versions = sorted(
        (path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").is_file()),
        key=lambda path: float(path.parent.name),
    )
    on_path = shutil.which("initdb")
    if versions:
        return versions[-1]
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def cluster(folder: Path, tools: Path, databases: Sequence[str]) -> Iterator[str]:
    """Yield the place, without scheme and database, of a new cluster that ends with the block.

    Args:
        folder: an empty folder that every user may enter.
        tools: where initdb, pg_ctl and createdb are.
        databases: the names of the databases that it has.
    """
    # PostgreSQL refuses to run as root; Debian's package has a user for it.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data, port = folder / "data", free_port()
    where = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=300"
    control = [*as_user, str(tools / "pg_ctl"), "-D", str(data), "-w"]

    def run(*command: str) -> None:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")

    run(*as_user, str(tools / "initdb"), "-D", str(data), "-U", "phonefleet", "-A", "trust")
    run(*control, "-o", where, "-l", str(folder / "log"), "start")
    try:
        for name in databases:
            run(str(tools / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "phonefleet", name)
        yield f"phonefleet@127.0.0.1:{port}"
    finally:
        run(*control, "-m", "immediate", "stop")
