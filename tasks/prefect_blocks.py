"""Let references of the form `prefect:NAME` read Prefect's Secret blocks."""

from __future__ import annotations

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

    block = Secret.load(name)
    if not isinstance(block, Secret):
        raise TypeError("a block is read in a thread, where no event loop runs")
    return str(block.get())
