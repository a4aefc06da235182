"""An Action and its translation, and what both are run on."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.verify.discover import Setting
from phonefleet.actions.verify.programs import run_original, run_translation
from phonefleet.actions.verify.sample_events import legacy_event
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.traces import ProgramRun


@dataclass(frozen=True, slots=True)
class ProgramPair:
    """The two programs and what both are run on.

    ``optional_api`` are names that the original uses of the api only if they exist; the legacy trigger's had none.
    """

    original: str
    translation: str
    setting: Setting
    optional_api: frozenset[str] = frozenset()

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the setting."""
        return self.setting.messages

    def lacking(self, *fields: Path) -> ProgramPair:
        """The pair with a legacy event without these fields."""
        conditions = replace(self.setting.conditions, lacks=fields)
        return replace(self, setting=replace(self.setting, conditions=conditions))

    def reordered(self) -> ProgramPair:
        """The pair with a legacy event whose fields come in another order."""
        conditions = replace(self.setting.conditions, reordered=True)
        return replace(self, setting=replace(self.setting, conditions=conditions))

    def legacy_event(self, message: Message) -> str:
        """The message's legacy event as JSON text."""
        given = self.setting.conditions
        secrets = dict(given.secrets)
        event = legacy_event(message, secrets, given.version, lacks=given.lacks, reordered=given.reordered)
        return json.dumps(event, ensure_ascii=False, indent=2)

    def on(self, messages: tuple[Message, ...], *, shifted: bool | None = None) -> ProgramPair:
        """The pair on other messages; ``shifted`` if given."""
        conditions = self.setting.conditions
        if shifted is not None:
            conditions = replace(conditions, shifted=shifted)
        return replace(self, setting=replace(self.setting, messages=messages, conditions=conditions))

    def run_original(self) -> ProgramRun:
        """What the original does on the legacy events."""
        return run_original(self.original, self.setting.messages, self.setting.conditions)

    def run_translation(self) -> ProgramRun:
        """What the translation does on the new events, and on the types without a one-time code."""
        return run_translation(self.translation, self.setting.messages, self.setting.conditions)
