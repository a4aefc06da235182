"""Whether a simulated fleet's own log and the ledger of its last run agree that each tenant was worked on once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import httpx

from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import SWITCHES, OutcomeKind
from phonefleet.model.run_record import IntentRecord, StepResult
from simulator.state import Seen
from tests.write_log import disagreements


def check_logs(url: str, intents: Sequence[IntentRecord]) -> list[str]:
    """Return what the simulator's logs of all its tenants and the ledger do not agree about."""
    found: list[str] = []
    with httpx.Client(base_url=f"{url}/_simulator", timeout=60) as client:
        domains = [each["domain"] for each in client.get("/tenants").raise_for_status().json()["tenants"]]
        for domain in domains:
            seen = client.get(f"/tenants/{domain}/requests").raise_for_status().json()["requests"]
            writes = [Seen(**each) for each in seen if each["write"] and each["applied"]]
            own = [intent for intent in intents if intent.domain == domain]
            found += [f"{domain}: {each}" for each in disagreements(writes, own)]
    others = {intent.domain for intent in intents} - set(domains)
    return found + [f"{domain}: an intent, and the simulator has no such tenant" for domain in sorted(others)]


def problems(url: str, ledger: Ledger) -> list[str]:
    """Return what must not be so after the last run: each tenant is worked on once, as both logs say."""
    intents = ledger.steps.of_tenant()
    tenants = ledger.runs.record("latest").tenants
    found = [f"{tenant.domain}: no outcome" for tenant in tenants if tenant.outcome is None]
    switches = Counter(
        (i.domain, i.key) for i in intents if i.kind in SWITCHES and i.result is StepResult.DONE
    )
    found += [f"{domain}: switched {count} times" for (domain, _), count in switches.items() if count > 1]
    switched = {domain for domain, _ in switches}
    migrated = [tenant.domain for tenant in tenants if tenant.outcome is OutcomeKind.MIGRATED]
    found += [f"{domain}: migrated, and never switched" for domain in migrated if domain not in switched]
    found += [] if migrated else ["no tenant was migrated"]
    return found + check_logs(url, intents)
