"""Each kind of step: what it looks at, when it holds, what it writes, and how it is undone.

`handler(step)` gives the handler for a step. Handlers know one object of one tenant; the order of steps, the
ledger and the leases are the engine's business.
"""

from phonefleet.execution.steps.handler import Fill, Handler, Objection
from phonefleet.execution.steps.registry import handler

__all__ = ["Fill", "Handler", "Objection", "handler"]
