"""The base of the frozen values, and the parts that snapshots and plans share."""

from __future__ import annotations

from operator import not_
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Fingerprint = Annotated[str, Field(exclude_if=not_)]
"""Changes with the masked text (`phonefleet.actions.redacted_text`). Empty, and not dumped, where nothing is masked."""
OriginalText = Annotated[SecretStr | None, Field(exclude=True, repr=False)]
"""The text before it was masked; None where nothing is masked and in every stored snapshot."""


class Fact(BaseModel):
    """Base of everything read: frozen, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NpmDependency(Fact):
    """An npm package of an Action."""

    name: str
    version: str


class ActionContent(Fact):
    """What an Action consists of: code without keys, and names of secrets, never their values."""

    code: str = ""
    """With a mask for each key among its literals."""
    fingerprint: Fingerprint = ""
    original: OriginalText = None
    dependencies: tuple[NpmDependency, ...] = ()
    secret_names: tuple[str, ...] = ()
    runtime: str = ""

    @property
    def source(self) -> str:
        """The code as it runs: never store or show it."""
        return self.original.get_secret_value() if self.original else self.code

    @property
    def content(self) -> ActionContent:
        """The content alone, without what else is known of an Action."""
        return ActionContent(**{name: getattr(self, name) for name in ActionContent.model_fields})


class ActionState(ActionContent):
    """An Action as the API shows it. Its content is that of the deployed version, else of the draft."""

    id: str
    name: str
    triggers: tuple[str, ...]
    trigger_version: str = ""
    """The version of `send-phone-message` in `supported_triggers`, which decides the form of the event."""
    deployed: bool = False
    bound: bool = False
    """Bound to the `send-phone-message` flow."""
    version: Annotated[int, Field(exclude_if=not_)] = 0
    """Number of the deployed version, which grows with each deployment, also of other secrets; 0 for none."""
    draft: Annotated[ActionContent | None, Field(exclude_if=not_)] = None
    """The draft of a deployed Action where it has another content. Not dumped where it has not."""
    version_id: Annotated[str, Field(exclude_if=not_)] = ""
    """Of the deployed version of an Action on `custom-phone-provider`; a rollback deploys it again."""

    @property
    def contents(self) -> tuple[ActionContent, ...]:
        """What is deployed and the draft that differs from it."""
        return (self, self.draft) if self.draft else (self,)
