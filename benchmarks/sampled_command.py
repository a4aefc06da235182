"""Run phonefleet and count whose code uses its CPU: `python -m benchmarks.sampled_command SAMPLES.json ARGUMENT …`.

Written is the CPU time of each owner in seconds: `prefect`, `phonefleet` (with tasks, flows, reports and configs),
`other`. Each thread's own clock says how much it used since the last sample, so a thread that waits counts for nothing.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

from phonefleet.garbage_collection import paused

SECONDS = 0.005
_OURS = ("phonefleet", "flows", "tasks", "reports", "configs")
_ROOT = Path(__file__).resolve().parent.parent


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


def _thread_seconds(thread: int) -> float:
    """Return the CPU time of a thread so far; 0 of one that has just ended."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    except OSError:
        return 0.0


def main() -> None:
    """Run the command with a timer of its CPU time; the exit code is the command's."""
    samples, sys.argv = Path(sys.argv[1]), ["phonefleet", *sys.argv[2:]]
    used: defaultdict[str, float] = defaultdict(float)
    before: dict[int, float] = {}
    main_thread = threading.get_ident()

    def sample(_number: int, interrupted: FrameType | None) -> None:
        # Python holds its lock of threads meanwhile: a search for garbage there could make another thread wait forever.
        with paused():
            frames = dict(sys._current_frames())  # noqa: SLF001
        frames[main_thread] = interrupted
        for thread, frame in frames.items():
            now = _thread_seconds(thread)
            used[owner_of(frame)] += max(0.0, now - before.get(thread, 0.0))
            before[thread] = now

    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)
    from flows.cli.main import main as run

    try:
        run()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        samples.write_text(json.dumps(used))


if __name__ == "__main__":
    main()
