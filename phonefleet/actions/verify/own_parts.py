"""The parts of the code that this project puts into translations: they need not run to be known."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from phonefleet.actions.translate.code_assembly import part
from phonefleet.actions.verify.coverage import counted

_TEMPLATES: Final = (
    "adapter",
    "adapter_parts",
    "drop_failed",
    "drop_other",
    "gateway_parts",
    "merged",
    "retry_unsent",
    "rewrite_message",
    "rewrite_parts",
    "twilio_parts",
)
_NO_EXPRESSION: Final = re.compile(r"/\*\{\{(?:CODE|LEGACY|MESSAGE|OTHER|PARTS|ROUTES|TITLE)\}\}\*/")
_HOLE: Final = re.compile(r"/\*\{\{[A-Z_]+\}\}\*/")


@cache
def own_parts() -> frozenset[str]:
    """The text of each statement and branch of the templates, with single spaces."""
    found = set()
    for name in _TEMPLATES:
        program = counted(_HOLE.sub("hole", _NO_EXPRESSION.sub("", part(name))))
        assert program is not None, name
        found |= {" ".join(program.program.text(each.node).split()) for each in program.parts}
    return frozenset(found)
