"""The program of a local Prefect server: it serves on an open socket until its standard input is closed.

Its parent holds the other end of that pipe, so a temporary server ends with the parent, however that ends. A server
that stays ends by a signal.

Args:
    argv[1]: the number of the listening socket's file descriptor.
    argv[2]: `--stay` for a server that does not end with its parent.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time

from phonefleet.garbage_collection import collect_apart, loading

_GRACE_SECONDS = 5.0


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    """Serve Prefect's API."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    if sys.argv[2:] != ["--stay"]:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    with loading():
        import prefect.server.api.server  # noqa: F401
        import uvicorn
    collect_apart()

    config = uvicorn.Config(
        "prefect.server.api.server:create_app",
        factory=True,
        log_level="error",
        lifespan="on",
        # Workers and browsers hold connections open.
        timeout_graceful_shutdown=int(_GRACE_SECONDS),
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
