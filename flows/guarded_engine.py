"""The process that a worker starts for a run: it runs Prefect's engine in a session of its own and passes signals on.

A process worker of Prefect 3.8 that is asked to end kills its runs with SIGKILL, and so is a cancelled run that has not
ended after 30 s. That would cut off writes in hand. With this module, this process is the one that is killed; the
kernel then sends SIGTERM to the engine, and the run stops as `flows.stopping` says. Elsewhere than on Linux the engine
runs on until it has ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
"""prctl(2)"""


def main() -> None:
    """Run the engine and end as it ends."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def end_with_parent() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    # -P: a run's current folder is the fleet file's, and no module there is imported in place of an installed one.
    engine = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.engine_process"],
        start_new_session=True,
        preexec_fn=end_with_parent,
    )

    def pass_on(_number: int, _frame: object) -> None:
        engine.send_signal(signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    code = engine.wait()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
