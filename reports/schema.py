"""What every column of every frame is called, holds and means: the one source of casts, documents and checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from phonefleet.vocabulary import (
    MARK,
    UNDO,
    Change,
    OutcomeKind,
    ReasonCode,
    Reversibility,
    Route,
    StepKind,
    Verdict,
)
from reports.columns import COUNT, FLAG, MAYBE, SECONDS, TEXT, TIME, WORD, WORST_FIRST, Column, FrameSchema
from reports.status import Status


def _words(vocabulary: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(word) for word in vocabulary)


RESULTS = ("planned", "open", "done", "already", "failed", "not_applied", "unknown")
EVIDENCE = ("delivered", "failed", "none", "unknown")
PROOF_RESULTS = ("proved", "differs", "not_provable", "vacuous", "refused")
WAVE_VERDICTS = ("passed", "stopped")
STEP_WORDS = (*_words(StepKind), *(f"{UNDO}{kind}" for kind in StepKind), f"{MARK}{StepKind.send_test}")
NEEDS = ("supply", "decide", "repair", "access", "auth0_support", "investigate", "resume")
DIRECTIONS = ("better", "worse", "changed", "new", "gone")
_OUTCOMES, _VERDICTS, _CODES = _words(OutcomeKind), _words(Verdict), _words(ReasonCode)
_STATUS = _words(Status)
_DOMAIN = Column("domain", TEXT, "The tenant's canonical domain.")
_WAVE = Column("wave", TEXT, "The wave the tenant belongs to; empty where no wave selects it.")
_OWNER = Column(
    "owner", TEXT, "Who answers for the tenant, as the fleet file says; empty where it says nothing."
)


def _breaks(change: Change) -> tuple[Column, Column]:
    return (
        Column(f"breaks_on_{change}", COUNT, f"Dependents that a {change} would break.", "dependents"),
        Column(
            f"worst_on_{change}",
            WORD,
            f"The worst that a {change} would do; missing where nothing breaks.",
            "",
            WORST_FIRST,
        ),
    )


RUN = FrameSchema(
    "run",
    "the run itself",
    ("run_id",),
    (
        Column("run_id", TEXT, "The run's identifier in the ledger."),
        Column("verb", TEXT, "What was asked: assess, plan, migrate, rollback, finalize or compliance."),
        Column("fleet", TEXT, "The fleet's name."),
        Column("phonefleet", TEXT, "Version of phonefleet that made the run."),
        Column("started_at", TIME, "When the run started.", "UTC"),
        Column(
            "ended_at", TIME, "When the run ended; missing while it goes on or when it was cut off.", "UTC"
        ),
        Column("duration_s", SECONDS, "From start to end.", "seconds"),
        Column("started_by", TEXT, "Who started it."),
        Column(
            "exit_code",
            MAYBE,
            "0 done, 1 drift found, 2 error, 3 stopped at a gate; missing while it goes on.",
        ),
        Column("verdict", TEXT, "complete, drift, stopped or failed; empty while it goes on."),
        Column("tenants", COUNT, "Tenants in the fleet.", "tenants"),
        Column("in_waves", COUNT, "Tenants that belong to a wave.", "tenants"),
    ),
)

TENANTS = FrameSchema(
    "tenants",
    "tenant of the fleet",
    ("domain",),
    (
        _DOMAIN,
        _WAVE,
        Column(
            "batch",
            MAYBE,
            "Batch within the wave, as the ledger numbers it; missing where it was in none.",
        ),
        Column("environment", TEXT, "As the fleet file says."),
        Column("region", TEXT, "As the fleet file says."),
        Column("tier", TEXT, "Rate-limit class, as the fleet file says."),
        _OWNER,
        Column("labels", TEXT, "Labels of the fleet file.", "JSON object"),
        Column(
            "status",
            WORD,
            "green: nothing left to do; red: failed, broken or unreachable; amber: anything else.",
            "",
            _STATUS,
        ),
        Column(
            "verdict",
            WORD,
            "What the tenant's configuration means; missing where it was not assessed.",
            "",
            _VERDICTS,
        ),
        Column(
            "route",
            WORD,
            "How messages go out after the migration; missing where there is nothing to migrate.",
            "",
            _words(Route),
        ),
        Column("reversibility", WORD, "Whether the tenant can be taken back.", "", _words(Reversibility)),
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
            "How the run ended for the tenant; missing where the verb changes nothing or it goes on.",
            "",
            _OUTCOMES,
        ),
        Column("outcome_reason", WORD, "Why, as a code.", "", _CODES),
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
        Column("steps_done", COUNT, "Of those: done now or found done.", "steps"),
        Column("steps_failed", COUNT, "Intents that ended failed, undoing included.", "steps"),
        Column("steps_open", COUNT, "Intents whose fate is not settled.", "steps"),
        Column("requests", COUNT, "Write requests sent, retries included.", "requests"),
        Column("tests_sent", COUNT, "Test messages that Auth0 accepted.", "messages"),
        Column("tests_delivered", COUNT, "Of those: seen delivered in the tenant's logs.", "messages"),
        Column("dependents", COUNT, "What uses the tenant's phone messaging.", "dependents"),
        *(column for change in Change for column in _breaks(change)),
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
            _STATUS,
        ),
        Column("planned", COUNT, "Tenants that the batch was to change.", "tenants"),
        Column("tenants", COUNT, "Tenants of the fleet in this row.", "tenants"),
        *(
            Column(outcome, COUNT, f"Of those: {outcome.replace('_', ' ')}.", "tenants")
            for outcome in _OUTCOMES
        ),
        Column("undecided", COUNT, "Of those: no outcome (yet).", "tenants"),
        Column("failure_tolerance", COUNT, "Failures that do not stop the wave.", "tenants"),
        Column(
            "verdict",
            TEXT,
            "passed or stopped; empty while it goes on or when it never started.",
            "",
            WAVE_VERDICTS,
        ),
        Column("reason", TEXT, "Why it stopped."),
        Column("started_at", TIME, "When the batch started.", "UTC"),
        Column("ended_at", TIME, "When it ended.", "UTC"),
        Column("duration_s", SECONDS, "From start to end.", "seconds"),
    ),
)

STEPS = FrameSchema(
    "steps",
    "write that was planned or tried; a step tried twice has two rows",
    ("domain", "intent_id", "key"),
    (
        _DOMAIN,
        _WAVE,
        Column("intent_id", MAYBE, "The intent in the ledger; missing for a step that was only planned."),
        Column("index", COUNT, "Place in the plan, from 0."),
        Column(
            "kind",
            TEXT,
            "The kind of write; `undo:` before it when it was taken back, `mark:` when it tells a step's fate.",
            "",
            STEP_WORDS,
        ),
        Column("key", TEXT, "Names the step within its plan."),
        Column("title", TEXT, "The step in words."),
        Column("result", TEXT, "How it ended.", "", RESULTS),
        Column("attempts", COUNT, "Write requests sent, retries included.", "requests"),
        Column("detail", TEXT, "What was seen, or what went wrong."),
        Column("before", TEXT, "What was there, without secrets.", "JSON"),
        Column("after", TEXT, "What was to be there, secrets as references.", "JSON"),
        Column("intended_at", TIME, "When the intent was written down, before the request.", "UTC"),
        Column("ended_at", TIME, "When the outcome was written down.", "UTC"),
        Column("duration_s", SECONDS, "From intent to outcome.", "seconds"),
        Column("plan_checksum", TEXT, "The plan it belongs to.", "SHA-256, hexadecimal"),
    ),
)

FINDINGS = FrameSchema(
    "findings",
    "tenant by reason by evidence",
    ("domain", "source", "reason_no", "evidence_no"),
    (
        _DOMAIN,
        Column("source", WORD, "What the reason explains.", "", ("verdict", "way_back", "plan")),
        Column("reason_no", COUNT, "Place among the reasons, from 0."),
        Column("evidence_no", COUNT, "Place among the reason's evidence, from 0."),
        Column("code", WORD, "The reason.", "", _CODES),
        Column("message", TEXT, "The reason as a sentence."),
        Column("endpoint", TEXT, "Where the evidence was read; empty where the reason has none."),
        Column("field", TEXT, "The field in the answer."),
        Column("value", TEXT, "The value there, without secrets."),
    ),
)

DEPENDENTS = FrameSchema(
    "dependents",
    "tenant by thing that uses its phone messaging",
    ("domain", "dependent_no"),
    (
        _DOMAIN,
        Column("dependent_no", COUNT, "Place among the tenant's dependents, from 0."),
        Column(
            "kind",
            TEXT,
            "mfa_factor, mfa_policy, passwordless_connection, phone_identifier, custom_action, phone_template, "
            "client_grant or client_in_logs.",
        ),
        Column("id", TEXT, "Its identifier at Auth0; a client's client_id."),
        Column("name", TEXT, "Its name."),
        Column("detail", TEXT, "More about it."),
        *(
            Column(
                f"on_{change}",
                WORD,
                f"What a {change} does to it; missing where it survives.",
                "",
                WORST_FIRST,
            )
            for change in Change
        ),
        Column("last_seen", TIME, "Last use in the tenant's logs.", "UTC"),
        Column(
            "uses",
            MAYBE,
            "Requests in the tenant's logs; missing where they say nothing about it.",
            "requests",
        ),
        _OWNER,
    ),
)

MESSAGES = FrameSchema(
    "messages",
    "test message",
    ("domain", "message_no"),
    (
        _DOMAIN,
        Column("message_no", COUNT, "Place among the tenant's messages, from 0."),
        Column("delivery_method", TEXT, "text or voice."),
        Column("to", TEXT, "The number, masked but for its last two digits."),
        Column(
            "evidence",
            TEXT,
            "What the tenant's logs say; none: no entry in time; unknown: not known whether it was sent.",
            "",
            EVIDENCE,
        ),
        Column("log_type", TEXT, "Type of the log entry."),
        Column("log_id", TEXT, "Identifier of the log entry."),
        Column("sent_at", TIME, "When it was sent.", "UTC"),
        Column("seen_at", TIME, "When the log entry was seen.", "UTC"),
        Column("wait_s", SECONDS, "From sending to seeing.", "seconds"),
    ),
)

ACTIONS = FrameSchema(
    "actions",
    "Action that a plan creates",
    ("domain",),
    (
        _DOMAIN,
        Column("route", WORD, "How messages go out after the migration.", "", _words(Route)),
        Column("result", TEXT, "What the proof says.", "", PROOF_RESULTS),
        Column("strategy", TEXT, "adapter, rewrite, gateway or merged."),
        Column("events", COUNT, "Events on which original and translation were run side by side.", "events"),
        Column("reasons", TEXT, "Why it is not proved.", "one a line"),
        Column("flags", TEXT, "What a person should look at.", "one a line"),
        _OWNER,
        Column("plan_checksum", TEXT, "The plan that creates it.", "SHA-256, hexadecimal"),
    ),
)

DRIFT = FrameSchema(
    "drift",
    "tenant by field that differs from the last run",
    ("domain", "field"),
    (
        _DOMAIN,
        Column("field", TEXT, "A column of the frame of tenants, or `tenant` when it came or went."),
        Column("before", TEXT, "Its value in the last run."),
        Column("after", TEXT, "Its value now."),
        Column(
            "direction", WORD, "Whether that is better, worse, just changed, new or gone.", "", DIRECTIONS
        ),
    ),
)

RISK = FrameSchema(
    "risk",
    "tenant by change that would break something, worst first",
    ("domain", "change"),
    (
        Column("rank", COUNT, "1 is the worst."),
        _DOMAIN,
        Column("change", WORD, "What would be done to the tenant's provider.", "", _words(Change)),
        Column("worst", WORD, "The worst that happens.", "", WORST_FIRST),
        Column("breaks", COUNT, "Dependents that break.", "dependents"),
        *(
            Column(severity, COUNT, f"Of those: {severity.replace('_', ' ')}.", "dependents")
            for severity in WORST_FIRST
        ),
        Column("uses", COUNT, "Requests in the logs by those that break.", "requests"),
        Column("last_seen", TIME, "Last of those requests.", "UTC"),
        Column("reversibility", WORD, "Whether the tenant can be taken back.", "", _words(Reversibility)),
        Column("way_back", TEXT, "Why, as a sentence."),
        Column("what", TEXT, "What breaks, in words."),
        _OWNER,
        _WAVE,
        Column("environment", TEXT, "As the fleet file says."),
    ),
)

CLIENTS = FrameSchema(
    "clients",
    "client name by change that would break it, over all tenants",
    ("client", "change"),
    (
        Column(
            "client",
            TEXT,
            "The client's name, or its client_id where it has none: client_ids differ between tenants, names do not.",
        ),
        Column("change", WORD, "What would be done to the tenants' providers.", "", _words(Change)),
        Column("tenants", COUNT, "Tenants in which it breaks.", "tenants"),
        Column("worst", WORD, "The worst that happens.", "", WORST_FIRST),
        Column("uses", COUNT, "Requests in the logs.", "requests"),
        Column("last_seen", TIME, "Last of those requests.", "UTC"),
        Column("client_ids", COUNT, "Different client_ids under that name.", "client_ids"),
        Column("owners", TEXT, "Whom to ask.", "one a line"),
        Column("domains", TEXT, "The tenants.", "one a line"),
    ),
)

BLOCKED = FrameSchema(
    "blocked",
    "reason by owner that keeps tenants from being settled",
    ("code", "owner"),
    (
        Column("code", WORD, "The reason.", "", _CODES),
        Column("need", WORD, "What kind of help it takes.", "", NEEDS),
        _OWNER,
        Column("tenants", COUNT, "Tenants it holds.", "tenants"),
        Column("next_step", TEXT, "What to do."),
        Column("example", TEXT, "The reason for the first of those tenants, as a sentence."),
        Column("domains", TEXT, "The tenants.", "one a line"),
    ),
)

TREND = FrameSchema(
    "trend",
    "run, oldest first, this one last",
    ("run_id",),
    (
        Column("run_id", TEXT, "The run's identifier in the ledger."),
        Column("verb", TEXT, "What was asked."),
        Column("started_at", TIME, "When the run started.", "UTC"),
        Column("ended_at", TIME, "When it ended.", "UTC"),
        Column("status", WORD, "The run's verdict as a colour.", "", _STATUS),
        Column("tenants", COUNT, "Tenants in the fleet.", "tenants"),
        *(
            Column(
                f"verdict_{verdict}", COUNT, f"Tenants with verdict {verdict.replace('_', ' ')}.", "tenants"
            )
            for verdict in _VERDICTS
        ),
        *(
            Column(
                f"outcome_{outcome}", COUNT, f"Tenants with outcome {outcome.replace('_', ' ')}.", "tenants"
            )
            for outcome in _OUTCOMES
        ),
    ),
)

SCHEMAS: tuple[FrameSchema, ...] = (
    RUN,
    TENANTS,
    WAVES,
    STEPS,
    FINDINGS,
    DEPENDENTS,
    MESSAGES,
    ACTIONS,
    DRIFT,
    RISK,
    CLIENTS,
    BLOCKED,
    TREND,
)
BY_NAME: Mapping[str, FrameSchema] = {schema.name: schema for schema in SCHEMAS}


def rows() -> Iterator[tuple[str, Column]]:
    """Every column with the name of its frame."""
    return ((schema.name, column) for schema in SCHEMAS for column in schema.columns)


def describe() -> str:
    """All frames and columns as plain text."""
    return "\n\n".join(_described(schema) for schema in SCHEMAS) + "\n"


def _described(schema: FrameSchema) -> str:
    lines = [f"{schema.name}: one row per {schema.row}. Key: {', '.join(schema.key)}."]
    width = max(len(column.name) for column in schema.columns)
    return "\n".join(
        lines
        + [f"  {column.name:<{width}}  {column.dtype:<19}  {_meaning(column)}" for column in schema.columns]
    )


def _meaning(column: Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    vocabulary = f" One of: {', '.join(column.words)}." if 0 < len(column.words) <= MOST_WORDS_SHOWN else ""
    return f"{column.meaning}{unit}{vocabulary}"


MOST_WORDS_SHOWN = 16
