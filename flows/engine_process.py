"""The program of a run on a worker: Prefect's engine, which imports flows from installed packages alone.

Prefect 3.8 puts the current folder, that of the fleet file, in front of Python's path while it imports a flow. A file
`flows.py` or `httpx.py` there would be run in place of the installed module, with the worker's secrets.
"""

from __future__ import annotations

import importlib
import runpy
from types import ModuleType


def _import(module_name: str) -> ModuleType:
    return importlib.import_module(module_name)


def main() -> None:
    """Run the engine in this process."""
    from prefect.utilities import importtools

    importtools.load_module = _import
    runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
