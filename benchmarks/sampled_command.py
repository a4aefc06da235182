"""Run phonefleet and count whose code uses its CPU: `python -m benchmarks.sampled_command SAMPLES.json ARGUMENT …`.

Written are the samples of each owner: `prefect`, `phonefleet` (with tasks, flows, reports and configs), `other`.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

SECONDS = 0.005
_OURS = ("phonefleet", "flows", "tasks", "reports", "configs")
_ROOT = Path(__file__).resolve().parent.parent
_IDLE = frozenset(
    ("select", "poll", "wait", "_wait_for_tstate_lock", "_worker", "get", "accept", "read", "recv")
)
"""Functions in which a thread waits."""


def owner_of(frame: FrameType | None) -> str:
    """Return whose code a thread runs: that of the innermost frame that is Prefect's or ours."""
    while frame is not None:
        file = frame.f_code.co_filename
        if "/site-packages/prefect/" in file:
            return "prefect"
        if any(file.startswith(f"{_ROOT}/{name}/") for name in _OURS):
            return "phonefleet"
        frame = frame.f_back
    return "other"


def main() -> None:
    """Run the command with a timer of its CPU time; the exit code is the command's."""
    samples, sys.argv = Path(sys.argv[1]), ["phonefleet", *sys.argv[2:]]
    counts: Counter[str] = Counter()

    def sample(_number: int, interrupted: FrameType | None) -> None:
        frames = dict(sys._current_frames())  # noqa: SLF001
        frames[_main_thread] = interrupted
        running = [f for f in frames.values() if f is not None and f.f_code.co_name not in _IDLE]
        for frame in running or [interrupted]:
            counts[owner_of(frame)] += 1

    import threading

    _main_thread = threading.get_ident()
    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)
    from flows.cli.main import main as run

    try:
        run()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        samples.write_text(json.dumps(counts))


if __name__ == "__main__":
    main()
