"""Schemas of the frames of events: steps, findings, texts, dependents and test messages."""

from __future__ import annotations

from configs import DeliveryMethod
from phonefleet.model.enums import Change
from phonefleet.model.message_texts import MessagePlane, NotificationType
from reports.columns import COUNT, FLAG, MAYBE, SECONDS, TEXT, TIME, WORD, WORST_FIRST, Column, FrameSchema
from reports.schema.vocabularies import (
    CODES,
    DOMAIN,
    EVIDENCE,
    OPERATIONS,
    OWNER,
    RECEIPTS,
    RESULTS,
    STEP_WORDS,
    WAVE,
    words_of,
)

STEPS = FrameSchema(
    "steps",
    "write that was planned or tried; a step tried twice has two rows",
    ("domain", "intent_id", "key"),
    (
        DOMAIN,
        WAVE,
        Column("intent_id", MAYBE, "The intent in the ledger; missing for a step that was only planned."),
        Column("index", COUNT, "Place in the plan, from 0."),
        Column(
            "operation",
            TEXT,
            "`apply`, `revert`, or `mark`: a write that changes nothing and dates the log after an ambiguous send.",
            "",
            OPERATIONS,
        ),
        Column("kind", TEXT, "The kind of write.", "", STEP_WORDS),
        Column(
            "target", TEXT, "The template's type, the connection's id or the delivery method it is about."
        ),
        Column("key", TEXT, "Names the step within its plan."),
        Column("title", TEXT, "The step in words."),
        Column("result", TEXT, "How it ended.", "", RESULTS),
        Column("attempts", COUNT, "Write requests sent, retries included.", "requests"),
        Column("detail", TEXT, "What was read, or what failed."),
        Column("before", TEXT, "State before the step, without secrets; code as its SHA-256.", "JSON"),
        Column("after", TEXT, "State after the step, secrets as references, code as its SHA-256.", "JSON"),
        Column("intended_at", TIME, "When the intent was recorded, before the request.", "UTC"),
        Column("ended_at", TIME, "When the result was recorded.", "UTC"),
        Column("duration_s", SECONDS, "From intent to outcome.", "seconds"),
        Column("plan_checksum", TEXT, "The plan it belongs to.", "SHA-256, hexadecimal"),
    ),
)

FINDINGS = FrameSchema(
    "findings",
    "tenant by reason by evidence",
    ("domain", "source", "reason_no", "evidence_no"),
    (
        DOMAIN,
        Column("source", WORD, "What the reason explains.", "", ("verdict", "reversibility", "plan")),
        Column("reason_no", COUNT, "Place among the reasons, from 0."),
        Column("evidence_no", COUNT, "Place among the reason's evidence, from 0."),
        Column("code", WORD, "The reason.", "", CODES),
        Column("message", TEXT, "The reason as a sentence."),
        Column("endpoint", TEXT, "Where the evidence was read; empty where the reason has none."),
        Column("field", TEXT, "The field in the answer."),
        Column("value", TEXT, "The value there, without secrets."),
    ),
)

TEXT_CHANGES = FrameSchema(
    "text_changes",
    "tenant by message that users will read or hear differently",
    ("domain", "text_no"),
    (
        DOMAIN,
        Column("text_no", COUNT, "Place among the tenant's messages, from 0."),
        Column("plane", WORD, "What sends it.", "", words_of(MessagePlane)),
        Column("connection", TEXT, "The connection; empty for MFA."),
        Column("type", WORD, "Type of the message.", "", words_of(NotificationType)),
        Column("method", WORD, "text or voice.", "", words_of(DeliveryMethod)),
        Column(
            "old",
            TEXT,
            "What users read or hear now, with sample values; a template that cannot be rendered.",
        ),
        Column("new", TEXT, "What they will read or hear, with the same values; likewise."),
        Column("old_rendered", FLAG, "Whether `old` is a rendering, and not the template itself."),
        Column("new_rendered", FLAG, "Whether `new` is a rendering, and not the template itself."),
        Column("friendly_name", TEXT, "The tenant's friendly name in the sample."),
        Column("locale", TEXT, "The locale in the sample."),
    ),
)

DEPENDENTS = FrameSchema(
    "dependents",
    "tenant by object that uses its phone messaging",
    ("domain", "dependent_no"),
    (
        DOMAIN,
        Column("dependent_no", COUNT, "Place among the tenant's dependents, from 0."),
        Column(
            "kind",
            TEXT,
            "mfa_factor, mfa_policy, passwordless_connection, phone_identifier, custom_action, phone_template, "
            "client_grant, client_in_logs, or owner: a program that writes the same settings again.",
        ),
        Column(
            "id", TEXT, "Its identifier; for client_in_logs its client_id and the phone experience it called."
        ),
        Column("client_id", TEXT, "A client's client_id; empty for anything else."),
        Column("name", TEXT, "Its name."),
        Column("detail", TEXT, "More about it."),
        *(
            Column(
                f"on_{change}",
                WORD,
                f"What a {change} breaks for it; missing where nothing breaks.",
                "",
                WORST_FIRST,
            )
            for change in Change
        ),
        Column("last_seen", TIME, "Last use in the tenant's logs.", "UTC"),
        Column(
            "uses",
            MAYBE,
            "Requests in the tenant's logs; missing where the logs do not show any.",
            "requests",
        ),
        OWNER,
    ),
)

MESSAGES = FrameSchema(
    "messages",
    "test message",
    ("domain", "message_no"),
    (
        DOMAIN,
        Column("message_no", COUNT, "Place among the tenant's messages, from 0."),
        Column("delivery_method", TEXT, "text or voice."),
        Column("to", TEXT, "The number, masked except for its last two digits."),
        Column(
            "evidence",
            TEXT,
            "What the logs and Twilio show; none: nothing in time; unknown: not known whether it was sent.",
            "",
            EVIDENCE,
        ),
        Column("log_type", TEXT, "Type of the log entry."),
        Column("log_id", TEXT, "Identifier of the log entry."),
        Column("receipt", TEXT, "What Twilio says; not_asked: it was not asked.", "", RECEIPTS),
        Column("receipt_sid", TEXT, "Twilio's SID of the message or call; empty where it is not known."),
        Column("error_code", TEXT, "Twilio's error code."),
        Column("sent_at", TIME, "When it was sent.", "UTC"),
        Column("seen_at", TIME, "When the log entry was written, or the receipt was read.", "UTC"),
        Column("wait_s", SECONDS, "From sending to seeing.", "seconds"),
    ),
)
