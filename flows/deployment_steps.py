"""Steps for `prefect.yaml`."""

from __future__ import annotations

from pathlib import Path

from configs import load_fleet


def fleet_facts(fleet: str) -> dict[str, str]:
    """Return what a deployment says about its fleet.

    Args:
        fleet: the path of the fleet file.

    Returns:
        `name`, `file` and `directory` (absolute paths), and `checksum`.
    """
    loaded = load_fleet(Path(fleet))
    file = loaded.source.absolute()
    return {
        "name": loaded.name,
        "file": str(file),
        "directory": str(file.parent),
        "checksum": loaded.checksum,
    }
