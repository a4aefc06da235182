"""Steps for `prefect.yaml`."""

from __future__ import annotations

import sys
from pathlib import Path

from configs import load_fleet
from flows.fleet_deployments import run_command


def fleet_facts(fleet: str) -> dict[str, str]:
    """Return what a deployment says about its fleet.

    Args:
        fleet: the path of the fleet file.

    Returns:
        `name`, `file` and `directory` (absolute paths), `checksum`, and `command`: what a worker starts for a run.
    """
    loaded = load_fleet(Path(fleet))
    file = loaded.source.absolute()
    return {
        "name": loaded.name,
        "file": str(file),
        "directory": str(file.parent),
        "checksum": loaded.checksum,
        "command": run_command(sys.executable),
    }
