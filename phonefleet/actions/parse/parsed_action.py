"""The result of parsing an Action: what it is and what it uses."""

from __future__ import annotations

from dataclasses import dataclass

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import Access, ApiCall, Name
from phonefleet.actions.parse.syntax import Node, Program
from phonefleet.actions.translation_model import ActionSource


@dataclass(frozen=True, slots=True)
class ParsedAction:
    """A parsed Action that can be translated.

    ``handlers`` are the expressions exported as the legacy handler; ``functions`` the functions among them
    that were resolved. ``modules``, ``secrets`` and ``configuration`` name what the code requires and reads;
    ``mentions`` are fields without a counterpart that it names without visibly reading them;
    ``environment`` and ``globals`` what it uses besides its arguments. ``other_triggers`` is the code that only other
    triggers run, which says nothing about the sender.
    """

    source: ActionSource
    flow: Flow
    handlers: tuple[Node, ...]
    functions: tuple[Node, ...]
    accesses: tuple[Access, ...]
    api_calls: tuple[ApiCall, ...]
    modules: tuple[Name, ...]
    secrets: tuple[Name, ...]
    configuration: tuple[Name, ...]
    mentions: tuple[Name, ...]
    environment: tuple[Name, ...]
    globals: tuple[Name, ...]
    other_triggers: tuple[Node, ...]

    @property
    def program(self) -> Program:
        """The parsed source."""
        return self.flow.program
