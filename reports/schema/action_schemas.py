"""Schemas of the frames about translated Actions, by tenant and by different Action."""

from __future__ import annotations

from phonefleet.model.custom_action_report import ActionOrigin, ActionStage, ExaminationResult
from phonefleet.model.enums import Route
from reports.columns import COUNT, MAYBE, TEXT, WORD, Column, FrameSchema
from reports.schema.vocabularies import DOMAIN, OWNER, VERIFICATION_RESULTS, words_of

_TRANSLATION = Column(
    "translation",
    TEXT,
    "Identifies the translation; equal Actions of different tenants share it.",
    "first 16 digits of a SHA-256, hexadecimal",
)

ACTIONS = FrameSchema(
    "actions",
    "tenant whose custom provider is made from an Action or a gateway",
    ("domain",),
    (
        DOMAIN,
        Column("name", TEXT, "The Action's name at the tenant, or the gateway's connection."),
        Column("translation", TEXT, "Its row in translations; empty where there is no translation report."),
        Column("route", WORD, "How messages go out after the migration.", "", words_of(Route)),
        Column("result", WORD, "The result of the verification.", "", VERIFICATION_RESULTS),
        Column("strategy", TEXT, "adapter, rewrite, gateway or merged."),
        Column("events", COUNT, "Events on which original and translation were run and compared.", "events"),
        Column("reasons", TEXT, "Why it is not verified.", "one a line"),
        Column("flags", TEXT, "Places to review.", "one a line"),
        OWNER,
        Column("plan_checksum", TEXT, "The plan that creates it; empty without one.", "SHA-256, hexadecimal"),
    ),
)

CUSTOM_ACTIONS = FrameSchema(
    "custom_actions",
    "tenant that has an Action on custom-phone-provider before the run",
    ("domain",),
    (
        DOMAIN,
        Column("name", TEXT, "The Action's name at the tenant."),
        Column("action_id", TEXT, "The Action's id."),
        Column(
            "stage",
            WORD,
            "Whether it is deployed, and whether its draft is newer.",
            "",
            words_of(ActionStage),
        ),
        Column("origin", WORD, "What the ledger says of its code.", "", words_of(ActionOrigin)),
        Column("decision", TEXT, "target.action; empty where nothing is to be decided."),
        Column("result", WORD, "What its runs show.", "", words_of(ExaminationResult)),
        Column("needs", TEXT, "What it does with each kind of message that users need.", "one a line"),
        Column("dependencies", TEXT, "Its packages, name@version.", "one a line"),
        Column("secrets", TEXT, "The names of its secrets.", "one a line"),
        Column("runtime", TEXT, "Its runtime."),
        Column("code", TEXT, "Its code: what is deployed, else its draft; keys masked."),
        Column("newer_draft", TEXT, "The code of a newer draft, keys masked; empty without one."),
        OWNER,
    ),
)

TRANSLATIONS = FrameSchema(
    "translations",
    "translated Action or gateway; equal ones of all tenants share a row",
    ("translation",),
    (
        _TRANSLATION,
        Column("names", TEXT, "Its names at the tenants.", "one a line"),
        Column("tenants", COUNT, "Tenants that have it.", "tenants"),
        Column("owners", TEXT, "The owners of those tenants.", "one a line"),
        Column("result", WORD, "The result of the verification.", "", VERIFICATION_RESULTS),
        Column("strategy", TEXT, "adapter, rewrite, gateway or merged."),
        Column("events", COUNT, "Events on which original and translation were run and compared.", "events"),
        Column("reasons", TEXT, "Why the result is what it is.", "one a line"),
        Column("decisions", TEXT, "Decisions that are still open.", "one a line"),
        Column("to_look_at", COUNT, "Places to review; see flags.", "flags"),
        Column("secrets", TEXT, "Names of the secrets that the operator must supply.", "one a line"),
        Column("dependencies", TEXT, "Packages of the new Action, name@version.", "one a line"),
        Column("runtime_before", TEXT, "The original's runtime; empty where it was no Action."),
        Column("runtime", TEXT, "The new Action's runtime; empty where there is none."),
        Column(
            "masked_lines", TEXT, "Lines of the original with a masked secret.", "numbers with spaces between"
        ),
        Column("original", TEXT, "The original's source, a gateway's settings as JSON; secrets masked."),
        Column("translated", TEXT, "The new source, secrets masked; empty where it was refused."),
        Column("difference", TEXT, "What differs on the smallest differing event; empty where nothing does."),
        Column("answer", TEXT, "The answer of the network in that event, for example ok, 429 or never."),
        Column("legacy_event", TEXT, "That event as the original receives it.", "JSON"),
        Column("new_event", TEXT, "That event as the translation receives it.", "JSON"),
        Column("original_did", TEXT, "The calls of the original on that event.", "one a line"),
        Column("translated_did", TEXT, "The calls of the translation on that event.", "one a line"),
    ),
)

MAPPINGS = FrameSchema(
    "mappings",
    "access of the original, in the order of first use",
    ("translation", "mapping_no"),
    (
        _TRANSLATION,
        Column("mapping_no", COUNT, "Place among the accesses, from 0."),
        Column("line", MAYBE, "Line of first use in the original, from 1; missing where it is no code."),
        Column("legacy", TEXT, "What the original reads or calls."),
        Column("new", TEXT, "The replacement in the translation."),
        Column("note", TEXT, "A remark on the replacement."),
    ),
)

FLAGS = FrameSchema(
    "flags",
    "place in an Action to review",
    ("translation", "flag_no"),
    (
        _TRANSLATION,
        Column("flag_no", COUNT, "Place among the flags, from 0."),
        Column("line", MAYBE, "Line of the original, from 1; missing for the whole Action."),
        Column("code", TEXT, "Kind of flag."),
        Column("message", TEXT, "What to review, as a sentence."),
    ),
)
