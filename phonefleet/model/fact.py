"""The base of the frozen values, and the parts that snapshots and plans share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    """Base of everything read: frozen, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NpmDependency(Fact):
    """An npm package of an Action."""

    name: str
    version: str
