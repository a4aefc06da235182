"""The text of a drafted fleet: `fleet.yaml` with comments, and the template of its secrets file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from configs.draft.drafted_fleet import SHARED_TOKEN, DraftedFleet, DraftedTenant
from configs.references import PLACEHOLDER
from configs.tree import Items, Node, Table, Text

FLEET_FILE: Final = "fleet.yaml"
SECRETS_FILE: Final = "secrets.env"
_BARE: Final = re.compile(r"[A-Za-z][\w./@-]*(?::[\w./@-]+)*")
"""Texts that YAML reads as themselves without quotes."""
_EXAMPLE_NUMBER: Final = "+15005550006"
"""Twilio's test number for a message that is accepted ("Test Credentials")."""


def fleet_text(fleet: DraftedFleet) -> str:
    """Return the content of the fleet file."""
    return "\n".join((*_head(fleet), *_defaults(fleet), *_tenants(fleet), *_waves(fleet), *_rollout(), ""))


def secrets_text(fleet: DraftedFleet) -> str:
    """Return the content of the secrets file: a placeholder for each value."""
    lines = [
        "# One NAME=value a line: put each value in place of the placeholder. Quote values with spaces or #; write a",
        "# key in PEM form on one line, between double quotes and with \\n for its line breaks. Keep this file out of",
        "# version control. A variable of the environment with the same name wins.",
    ]
    for secret in fleet.secrets:
        at = f"; now at {secret.now_at}" if secret.now_at else ""
        lines += ["", f"# {secret.meaning}{at}", f"{secret.name}={PLACEHOLDER}"]
    return "\n".join((*lines, ""))


def _head(fleet: DraftedFleet) -> Iterator[str]:
    yield f"# The fleet of {len(fleet.tenants)} tenant(s), written by `phonefleet init`. It is yours to edit."
    yield f"# `phonefleet validate {FLEET_FILE}` names every mistake. All keys: docs/reference/fleet-file-keys.md."
    yield ""
    yield f"fleet: {_scalar(fleet.choices.name)}"
    yield ""
    yield "# Values of `env:NAME`. Readable by you alone, and never in version control."
    yield f"secrets_file: {SECRETS_FILE}"
    yield ""
    yield "# The ledger (the record of every run: keep and back it up) and the files of runs."
    yield "state_dir: .state"
    yield ""
    if fleet.choices.connect_to:
        yield "# Every request goes to this server instead of its tenant. For tenants of Auth0, remove this section."
        yield f"connection: {{connect_to: {json.dumps(fleet.choices.connect_to)}}}"
        yield ""


def _defaults(fleet: DraftedFleet) -> Iterator[str]:
    yield "# What every tenant has, unless it says otherwise."
    yield "defaults:"
    yield "  # The class of rate limit. `unknown` begins slowly and learns from the tenant's answers."
    yield "  tier: unknown"
    yield "  target:"
    yield "    # Phones of yours that get a test message before each switch. A tenant without one is blocked"
    yield "    # (`test_number_missing`)."
    number = fleet.choices.test_number
    numbers = "{{text: {0}, voice: {0}}}".format(json.dumps(number or _EXAMPLE_NUMBER))
    yield f"    {'' if number else '# '}test_numbers: {numbers}"
    yield "    # Tenants that send through Twilio need the account's AuthToken: Auth0 does not give it away."
    yield f"    {'' if fleet.choices.shared_twilio else '# '}twilio: {{auth_token: env:{SHARED_TOKEN}}}"
    if not number and not fleet.choices.shared_twilio:
        yield "    provider: auto"
    yield ""


def _tenants(fleet: DraftedFleet) -> Iterator[str]:
    yield "# Each needs a machine-to-machine application (docs/reference/scopes.md)."
    yield "tenants:"
    for tenant in fleet.tenants:
        yield from _tenant(tenant)
    yield ""


def _tenant(tenant: DraftedTenant) -> Iterator[str]:
    for remark in tenant.remarks:
        yield f"  # {remark}"
    for number, (key, node) in enumerate(tenant.table.items()):
        yield f"  {'- ' if number == 0 else '  '}{key}: {_flow(node)}"


def _waves(fleet: DraftedFleet) -> Iterator[str]:
    if not fleet.rings:
        yield "# One wave. With more tenants, let a few go first: see docs/how-to/migrate.md."
        yield "waves:"
        yield "  - name: all"
        yield ""
        return
    yield "# Waves run one after another; a wave that fails stops the later ones. Move a tenant by its label `ring`."
    yield "waves:"
    notes = {
        "canary": "# One tenant, one of development if a name says so.",
        "early": "# A fifth of the others, one at first.",
        "rest": "# All others, a quarter at a time, with an hour between batches.",
    }
    sizes = {
        "canary": "",
        "early": "    size: [1, 100%]\n    soak: 1h\n",
        "rest": "    size: 25%\n    soak: 1h\n",
    }
    for ring in fleet.rings:
        yield f"  {notes[ring]}"
        yield f"  - name: {ring}"
        yield f"    match: {{labels: {{ring: {ring}}}}}"
        yield from sizes[ring].splitlines()
    yield ""


def _rollout() -> Iterator[str]:
    yield "rollout:"
    yield "  # No run changes more of the fleet than this, unless forced."
    yield "  max_change: 30%"
    yield "  # How long a switched tenant keeps its legacy side: until then it can be rolled back."
    yield "  finalize_after: 7d"
    yield "  # When tenants may be changed, for example: docs/how-to/schedule-a-rollout.md."
    yield '  # windows: [{days: [tue, wed, thu], from: "22:00", to: "05:00", timezone: Europe/Berlin}]'


def _flow(node: Node) -> str:
    match node:
        case Table():
            return "{" + ", ".join(f"{_scalar(key)}: {_flow(value)}" for key, value in node.items()) + "}"
        case Items():
            return "[" + ", ".join(map(_flow, node)) + "]"
        case Text():
            return _scalar(str(node))
        case _:
            return "~"


def _scalar(text: str) -> str:
    """Write a text so that it is read as the same text: quoted unless it is plain."""
    bare = _BARE.fullmatch(text) and text.lower() != "null"
    return text if bare else json.dumps(text, ensure_ascii=False)
