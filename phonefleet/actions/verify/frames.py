"""How requests and answers are framed between the caller and the process that runs Actions."""

from __future__ import annotations

import struct
from typing import Final

HEAD: Final = struct.Struct(">16sI")
"""The identity of a request, which its answer repeats, and the length of what follows in bytes."""
MAX_ANSWER_BYTES: Final = 64 * 2**20
