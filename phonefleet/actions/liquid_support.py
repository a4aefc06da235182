"""The Liquid of phone templates: the tags and filters that Auth0 lists, and no others.

Source: Auth0 documentation, "Supported Liquid Syntax for Phone Templates" (validated 2026-04-07).
"""

from __future__ import annotations

from typing import Final

from phonefleet.actions.liquid_process import TemplateParts

TAGS: Final = frozenset(
    {
        *("for", "cycle", "tablerow"),
        *("if", "unless", "elsif", "else", "case", "when"),
        *("assign", "increment", "decrement"),
        *("include", "layout"),
        *("raw", "comment"),
    }
)
FILTERS: Final = frozenset(
    {
        *(
            "plus",
            "minus",
            "modulo",
            "times",
            "floor",
            "ceil",
            "round",
            "divided_by",
            "abs",
            "at_least",
            "at_most",
        ),
        *(
            "append",
            "prepend",
            "capitalize",
            "upcase",
            "downcase",
            "strip",
            "lstrip",
            "rstrip",
            "strip_newlines",
        ),
        *("split", "replace", "replace_first", "remove", "remove_first", "truncate", "truncatewords"),
        *("escape", "escape_once", "url_encode", "url_decode", "strip_html", "newline_to_br"),
        *("slice", "map", "sort", "sort_natural", "first", "last", "join", "reverse", "size"),
        *("date", "default"),
    }
)
_READS_FILES: Final = ("include", "layout")
"""Listed, but no documented file exists that a phone template could include."""


def unsupported(parts: TemplateParts) -> tuple[str, ...]:
    """Name what a template uses and phone templates do not support; empty if they support it all."""
    return (
        *(f"tag {tag}" for tag in parts.tags if tag not in TAGS),
        *(f"tag {tag}, which reads a file" for tag in parts.tags if tag in _READS_FILES),
        *(f"filter {name}" for name in parts.filters if name not in FILTERS),
    )
