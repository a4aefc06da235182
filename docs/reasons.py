"""Write the reference page of the reason codes from the table of reasons: `python docs/reasons.py`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from phonefleet.model.enums import ReasonCode
from phonefleet.model.reason_spec import Actor, ApprovalPlace, ReasonEffect, ReasonSpec
from phonefleet.model.reasons import REASONS

PAGE = Path(__file__).resolve().parent / "reference" / "reasons.md"
WIDTH = 115
COMMAND = "`phonefleet approve`"
"""Never broken between two lines."""

INTRODUCTION = """\
# Reasons

Every verdict and many outcomes have reasons. A reason has a code, a message and evidence. Codes are stable: reports,
approvals and pipelines refer to them. The policy of each code is in `phonefleet/model/reasons.py`. This page is
generated from it by `python docs/reasons.py`.
"""
EFFECTS = {
    ReasonEffect.BLOCKS: "The tenant is not migrated before the next step is taken.",
    ReasonEffect.BREAKS: "The tenant's messages cannot be sent now.",
    ReasonEffect.HOLDS: "A run does not start on the tenant, or stops before its first write to it.",
    ReasonEffect.INCONCLUSIVE: "The result of a write or of a test message is not known.",
    ReasonEffect.FAILS: "The tenant could not be read or changed.",
    ReasonEffect.DRIFTS: "The tenant differs from its last recorded state.",
    ReasonEffect.CONTINUES: "The next migration completes the tenant.",
    ReasonEffect.RATES_ROLLBACK: "Explains whether the tenant can be rolled back.",
    ReasonEffect.SETTLES: "Nothing is left to do.",
    ReasonEffect.DESCRIBES: "States what the tenant has. Never keeps it from being migrated.",
}
ACTORS = {
    Actor.OPERATOR: "operator",
    Actor.TENANT_OWNER: "tenant owner",
    Actor.AUTH0_SUPPORT: "Auth0 Support",
    Actor.MAINTAINERS: "phonefleet's maintainers",
}
APPROVALS = {
    ApprovalPlace.FLEET_FILE: "Can be approved in `target.approve` only.",
    ApprovalPlace.FLEET_FILE_OR_PLAN: "Can be approved in `target.approve`, or for one plan with "
    + COMMAND
    + ".",
}


def page() -> str:
    """Return the whole page."""
    sections = [INTRODUCTION]
    for effect, meaning in EFFECTS.items():
        specs = {code: spec for code, spec in REASONS.items() if spec.effect is effect}
        if specs:
            sections.append(
                "\n".join((f"## {effect}\n", f"{meaning}\n", *map(_entry, specs, specs.values()), ""))
            )
    return "\n".join(sections)


def _entry(code: ReasonCode, spec: ReasonSpec) -> str:
    text = f"* `{code}`: {' '.join(_sentences(spec))}".replace(COMMAND, COMMAND.replace(" ", "\0"))
    filled = textwrap.fill(
        text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return filled.replace("\0", " ")


def _sentences(spec: ReasonSpec) -> Iterator[str]:
    yield spec.meaning
    if spec.actor in ACTORS:
        yield f"**Next ({ACTORS[spec.actor]}):** {spec.next_step}"
    if spec.approval in APPROVALS:
        yield APPROVALS[spec.approval]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
