"""Write YAML that every parser reads alike.

PyYAML and js-yaml, which the Deploy CLI uses, disagree on which plain words are numbers: `1e3`, `0o17`. All texts are
therefore quoted.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from phonefleet.model.shown_text import UNSHOWN

_PLAIN_KEY = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_]\w*", re.ASCII | re.IGNORECASE)


class Placeholder(str):
    """A text in place of which another is put before the YAML is parsed.

    It is written in single quotes, in which only the single quote itself has a meaning.
    """

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        """Leave keys plain where no parser can take them for anything else."""
        node = super().represent_mapping(tag, mapping, flow_style=flow_style)
        for key, _ in node.value:
            if _PLAIN_KEY.fullmatch(key.value):
                key.style = None
        return node

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- the base class's signature
        """Write equal values out each time."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


def _represent_placeholder(dumper: yaml.SafeDumper, text: Placeholder) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="'")


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Placeholder, _represent_placeholder)


def to_yaml(value: Any) -> str:
    """Return a JSON value as YAML, with its keys in their order."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9)
    # What is left of these is in double quotes; PyYAML escapes control characters alone.
    return UNSHOWN.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)
