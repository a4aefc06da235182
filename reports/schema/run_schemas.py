"""Schemas of the frames about the run: itself, its tenants, its waves, and earlier runs."""

from __future__ import annotations

from phonefleet.model.enums import Change, Reversibility, Route, RunVerdict
from phonefleet.model.exit_codes import EXIT_CODES
from reports.columns import COUNT, FLAG, MAYBE, SECONDS, TEXT, TIME, WORD, WORST_FIRST, Column, FrameSchema
from reports.schema.vocabularies import (
    CODES,
    DECISION_KINDS,
    DOMAIN,
    LIGHTS,
    OUTCOMES,
    OWNER,
    VERDICTS,
    WAVE,
    WAVE_VERDICTS,
    words_of,
)

RUN = FrameSchema(
    "run",
    "the run itself",
    ("run_id",),
    (
        Column("run_id", TEXT, "The run's identifier in the ledger."),
        Column("verb", TEXT, "The verb: assess, plan, migrate, rollback, finalize or compliance."),
        Column("fleet", TEXT, "The fleet's name."),
        Column("phonefleet", TEXT, "Version of phonefleet that made the run."),
        Column("started_at", TIME, "When the run started.", "UTC"),
        Column(
            "ended_at", TIME, "When the run ended; missing while it runs or when it was interrupted.", "UTC"
        ),
        Column("duration_s", SECONDS, "From start to end.", "seconds"),
        Column("started_by", TEXT, "Who started it."),
        Column(
            "exit_code",
            MAYBE,
            f"{'; '.join(f'{int(code)} {spec.meaning}' for code, spec in sorted(EXIT_CODES.items()) if spec.verdict)}. "
            "Missing while it runs.",
        ),
        Column("verdict", TEXT, f"{', '.join(RunVerdict)}; empty while it runs."),
        Column("tenants", COUNT, "Tenants in the fleet.", "tenants"),
        Column("in_waves", COUNT, "Tenants that belong to a wave.", "tenants"),
    ),
)

TENANTS = FrameSchema(
    "tenants",
    "tenant of the fleet",
    ("domain",),
    (
        DOMAIN,
        WAVE,
        Column(
            "batch",
            MAYBE,
            "Batch within the wave, as the ledger numbers it; missing where it was in none.",
        ),
        Column("environment", TEXT, "As the fleet file says."),
        Column("region", TEXT, "As the fleet file says."),
        Column("tier", TEXT, "Rate-limit class, as the fleet file says."),
        OWNER,
        Column("labels", TEXT, "Labels of the fleet file.", "JSON object"),
        Column(
            "status",
            WORD,
            "green: nothing left to do; red: failed, broken or unreachable; amber: anything else.",
            "",
            LIGHTS,
        ),
        Column(
            "verdict",
            WORD,
            "What the tenant's configuration means; missing where it was not assessed.",
            "",
            VERDICTS,
        ),
        Column(
            "route",
            WORD,
            "How messages go out after the migration; missing where there is nothing to migrate.",
            "",
            words_of(Route),
        ),
        Column("reversibility", WORD, "Whether the tenant can be rolled back.", "", words_of(Reversibility)),
        Column(
            "reasons",
            TEXT,
            "Codes of the verdict's reasons, most important first.",
            "words with spaces between",
        ),
        Column("message", TEXT, "The first reason, as a sentence."),
        Column(
            "outcome",
            WORD,
            "How the run ended for the tenant; missing where the verb changes nothing or the run has not ended.",
            "",
            OUTCOMES,
        ),
        Column("outcome_reason", WORD, "Why, as a code.", "", CODES),
        Column("outcome_message", TEXT, "Why, as a sentence."),
        Column("factors", TEXT, "MFA message types in use.", "words with spaces between"),
        Column(
            "factors_after",
            TEXT,
            "MFA message types in use once the plan is applied.",
            "words with spaces between",
        ),
        Column(
            "required_methods",
            TEXT,
            "What the provider must deliver for everything in use now.",
            "words with spaces between",
        ),
        Column(
            "provider_methods",
            TEXT,
            "What the provider delivers by the plan's provider step; empty without one.",
            "words with spaces between",
        ),
        Column("passwordless", FLAG, "Whether Passwordless SMS is in use."),
        Column("steps_planned", COUNT, "Steps of the plan.", "steps"),
        Column("steps_done", COUNT, "Of those: done now or already done.", "steps"),
        Column("steps_failed", COUNT, "Intents that failed, those of reverting included.", "steps"),
        Column("steps_open", COUNT, "Intents without a result.", "steps"),
        Column("requests", COUNT, "Write requests sent, retries included.", "requests"),
        Column("tests_sent", COUNT, "Test messages that Auth0 accepted.", "messages"),
        Column("tests_delivered", COUNT, "Of those: delivered, by the tenant's logs.", "messages"),
        Column(
            "skipped",
            TEXT,
            "Parts of the tenant that were not read because its verdict does not need them; dependents that they would "
            "show are not counted.",
            "words with spaces between",
        ),
        Column("dependents", COUNT, "Objects that use the tenant's phone messaging.", "dependents"),
        *(
            column
            for change in Change
            for column in (
                Column(
                    f"breaks_on_{change}", COUNT, f"Dependents that a {change} would break.", "dependents"
                ),
                Column(
                    f"worst_on_{change}",
                    WORD,
                    f"The worst effect of a {change}; missing where nothing breaks.",
                    "",
                    WORST_FIRST,
                ),
            )
        ),
        Column("plan_checksum", TEXT, "The plan that was made or applied.", "SHA-256, hexadecimal"),
        Column("started_at", TIME, "When work on the tenant started.", "UTC"),
        Column("ended_at", TIME, "When it ended.", "UTC"),
        Column("duration_s", SECONDS, "From start to end.", "seconds"),
    ),
)

WAVES = FrameSchema(
    "waves",
    "batch of a wave; tenants of a wave that are in no batch have a row without batch",
    ("wave", "batch"),
    (
        Column("wave", TEXT, "The wave's name."),
        Column(
            "batch",
            MAYBE,
            "Batch within the wave, as the ledger numbers it; missing for tenants in no batch.",
        ),
        Column(
            "status",
            WORD,
            "green: every tenant is settled; red: stopped, or a tenant failed; amber: anything else.",
            "",
            LIGHTS,
        ),
        Column("planned", COUNT, "Tenants that the batch was to change.", "tenants"),
        Column("tenants", COUNT, "Tenants of the fleet in this row.", "tenants"),
        *(
            Column(outcome, COUNT, f"Of those: {outcome.replace('_', ' ')}.", "tenants")
            for outcome in OUTCOMES
        ),
        Column("undecided", COUNT, "Of those: no outcome (yet).", "tenants"),
        Column("failure_tolerance", COUNT, "Failures that do not stop the wave.", "tenants"),
        Column(
            "verdict",
            TEXT,
            "passed or stopped; empty before it has ended.",
            "",
            WAVE_VERDICTS,
        ),
        Column("reason", TEXT, "Why it stopped."),
        Column("started_at", TIME, "When the batch started.", "UTC"),
        Column("ended_at", TIME, "When it ended.", "UTC"),
        Column("duration_s", SECONDS, "From start to end.", "seconds"),
    ),
)

FORECASTS = FrameSchema(
    "forecasts",
    "wave with tenants to migrate, as foreseen before anything was changed, and as it went",
    ("wave",),
    (
        Column("wave", TEXT, "The wave's name."),
        Column("tenants", COUNT, "To migrate.", "tenants"),
        Column("batches", COUNT, "Batches of the wave.", "batches"),
        Column("requests", COUNT, "Requests to the Management API of all its tenants.", "requests"),
        Column("messages", COUNT, "Test messages.", "messages"),
        Column("one_way", COUNT, "Tenants that cannot be taken back once they are switched.", "tenants"),
        Column("no_opening", COUNT, "Tenants for which no window opens in time.", "tenants"),
        Column("active_planned_s", SECONDS, "Foreseen time in which tenants are worked on.", "seconds"),
        Column(
            "active_actual_s",
            SECONDS,
            "Its batches from start to end without their soak; missing until all have ended.",
            "seconds",
        ),
        Column("soak_s", SECONDS, "Soak of its batches.", "seconds"),
        Column("planned_start", TIME, "When it starts if nothing goes wrong.", "UTC"),
        Column("earliest_end", TIME, "When it ends at the pace that was measured or assumed.", "UTC"),
        Column("latest_end", TIME, "When it ends if each tenant takes rollout.time_per_tenant.", "UTC"),
        Column("started_at", TIME, "When its first batch started.", "UTC"),
        Column("ended_at", TIME, "When its last batch ended; missing until all have ended.", "UTC"),
        Column("measured", FLAG, "Whether the pace was measured in this run; else it is assumed."),
        Column("pace", TEXT, "What the forecast is made of: which times were assumed, and which measured."),
        Column(
            "active_revised_s",
            SECONDS,
            "Foreseen again when the wave before it had ended; missing for the first wave.",
            "seconds",
        ),
    ),
)

DECISIONS = FrameSchema(
    "decisions",
    "decision of the run about a batch",
    ("decision_no",),
    (
        Column("decision_no", COUNT, "Its number in the run, in the order of time.", "from 0"),
        Column("wave", TEXT, "The wave's name."),
        Column("batch", COUNT, "Batch within the wave, as the ledger numbers it."),
        Column("at", TIME, "When it was decided.", "UTC"),
        Column("kind", WORD, "What was decided.", "", DECISION_KINDS),
        Column("message", TEXT, "The decision with its numbers."),
    ),
)

TREND = FrameSchema(
    "trend",
    "run, oldest first, this one last",
    ("run_id",),
    (
        Column("run_id", TEXT, "The run's identifier in the ledger."),
        Column("verb", TEXT, "The verb."),
        Column("started_at", TIME, "When the run started.", "UTC"),
        Column("ended_at", TIME, "When it ended.", "UTC"),
        Column("status", WORD, "The run's status.", "", LIGHTS),
        Column("tenants", COUNT, "Tenants in the fleet.", "tenants"),
        *(
            Column(
                f"verdict_{verdict}", COUNT, f"Tenants with verdict {verdict.replace('_', ' ')}.", "tenants"
            )
            for verdict in VERDICTS
        ),
        *(
            Column(
                f"outcome_{outcome}", COUNT, f"Tenants with outcome {outcome.replace('_', ' ')}.", "tenants"
            )
            for outcome in OUTCOMES
        ),
    ),
)
