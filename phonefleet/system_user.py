"""Who is at work: the user of the operating system that this process runs as."""

from __future__ import annotations

import os
import pwd


def operating_system_user() -> str:
    """Return the name of the user that this process runs as, `uid NUMBER` where the system has none for it.

    No variable of the environment changes it: `LOGNAME` and `USER` decide what `getpass.getuser` returns.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # A container's user without an entry.
        return f"uid {os.getuid()}"
