"""Let references of the form `prefect:NAME` read Prefect's Secret blocks."""

from __future__ import annotations

from typing import Any

from phonefleet.secrets.other_stores import BLOCKS


def use_prefect_blocks() -> None:
    """Read `prefect:` references from the Prefect server in use, from now on."""
    BLOCKS.read_with(_read_block)


def _read_block(name: str) -> str:
    """Return the value of a Secret block of the Prefect server in use; to be called in a thread.

    Raises:
        ValueError: there is no block of this name, or another error of Prefect.
    """
    # Imported here: commands that read no block start faster without Prefect.
    from prefect.blocks.system import Secret

    # Within a run of a flow Prefect takes every caller for a coroutine, also one in a thread.
    block: Any = Secret.load(name, _sync=True)  # type: ignore[call-arg]
    return str(block.get())
