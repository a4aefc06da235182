"""The note that goes with a tenant's code: secrets to supply, what to delete from the present files, what to expect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from phonefleet.handover.deploy_cli import TENANT_FILE
from phonefleet.handover.secret_slots import SecretSlot, Slots
from phonefleet.handover.terraform import (
    CODE_FILE,
    PROVIDER_VERSION,
    TERRAFORM_VERSION,
    has_guardian,
    not_in_terraform,
    variable_name,
)
from phonefleet.model.endpoints import LEGACY_TRIGGER
from phonefleet.model.left_state import CodeFormat, LeftState
from phonefleet.model.shown_text import printable

NOTE_FILE = "HANDOVER.md"


def note(state: LeftState, slots: Slots, code_format: CodeFormat) -> str:
    """Return the note in Markdown."""
    match code_format:
        case CodeFormat.TERRAFORM:
            lines = _terraform(state, slots)
        case CodeFormat.DEPLOY_CLI:
            lines = _deploy_cli(state, slots)
    title = f"# {state.snapshot.domain}: from phonefleet to {_NAMES[code_format]}"
    read = (
        f"The state that was read at {state.snapshot.taken_at:%Y-%m-%d %H:%M} UTC. It is what the migration left: "
        "nothing has drifted."
    )
    return "\n".join((title, "", read, *lines)) + "\n"


_NAMES = {CodeFormat.TERRAFORM: "Terraform", CodeFormat.DEPLOY_CLI: "the Deploy CLI"}


def _terraform(state: LeftState, slots: Slots) -> Iterator[str]:
    yield from _heading("Put these files into the tenant's module")
    yield (
        f"* You need Terraform {TERRAFORM_VERSION} and the provider auth0/auth0 {PROVIDER_VERSION}, or newer. Leave "
        "out `versions.tf` if the module has such a block."
    )
    yield (
        "* `auth0_tenant` and `auth0_guardian` exist once in a tenant. If the module has them, copy the attributes "
        "into those resources, and leave out ours with their `import` blocks. The same holds for any other "
        "object that the module manages already."
    )
    yield "* After the first `terraform apply`, delete `imports.tf`."
    if state.action:
        yield f"* `{CODE_FILE}` is the Action's code; `phone.tf` reads it."
    if state.snapshot.factor_enabled and not has_guardian(state):
        yield (
            "* There is no `auth0_guardian` here: the tenant's MFA policy was not read, or Terraform has no word for "
            f"it. Its phone block must have `enabled = true` and `message_types = [{_message_types(state)}]`, "
            "and no more."
        )
    yield from _secrets(slots, "variable", variable_name)
    yield from _heading("Delete from the present files")
    yield "* In `auth0_guardian`, in `phone`: `provider`, `options` and `twilio_config`. Each makes an apply fail."
    yield "* In `auth0_tenant`: `phone_consolidated_experience = false`. It would switch the tenant back."
    yield from _legacy_action(
        state,
        f"`auth0_action`, and its `auth0_trigger_action` or `auth0_trigger_actions` for `{LEGACY_TRIGGER}`",
    )
    for connection, whole in state.switched:
        missing = ", ".join(_code(f"options.{key}") for key in not_in_terraform(whole.options))
        yield (
            f"* In the `auth0_connection` named {_code(connection.name)}: replace its `lifecycle` by ours. Terraform "
            f"writes options whole and does not know {missing}, so any update would remove that."
        )
    yield from _heading("What the first plan shows")
    yield "* Imports, and no resource to destroy."
    if slots:
        yield (
            "* An update in place of what has secrets, because Auth0 does not return them: the apply writes the values "
            "that you supply. A wrong value ends delivery. Send a test message afterwards."
        )
    yield "* Nothing else. If it shows more, the tenant has changed: run `phonefleet compliance`."


def _deploy_cli(state: LeftState, slots: Slots) -> Iterator[str]:
    yield from _heading("Put these parts into the tenant's files")
    yield (
        f"* `{TENANT_FILE}` has only what belongs to phone messaging. Replace the parts of the same name in your "
        "file; in lists (`actions`, `connections`, `guardianFactors`) replace the entry of the same name."
    )
    yield (
        "* Do not import this file by itself with `AUTH0_ALLOW_DELETE`: that deletes each Action and each connection "
        "that it does not list."
    )
    yield "* You need auth0-deploy-cli 8.42.0 or newer. Older versions fail at the legacy endpoints, which are closed."
    yield from _secrets(slots, "keyword", lambda slot: slot.keyword)
    if slots:
        yield ""
        yield (
            "Define each keyword in `AUTH0_KEYWORD_REPLACE_MAPPINGS` before you import. Without it the Deploy CLI "
            "writes the placeholder itself as the provider's token, or leaves the option out of a connection; both end "
            "delivery. In a value that has single quotes, double each of them."
        )
    yield from _heading("Delete from the present files")
    yield "* `tenant.phone_consolidated_experience: false`. It would switch the tenant back."
    yield "* `guardianPhoneFactorSelectedProvider`, and the `sms` entries of `guardianFactorProviders` and"
    yield "  `guardianFactorTemplates`: their endpoints are closed."
    yield from _legacy_action(state, f"its entry in `actions`, and `{LEGACY_TRIGGER}` in `triggers`")
    for connection, _ in state.switched:
        yield (
            f"* `options.use_phone_provider: false`, or options without it, of connection {_code(connection.name)}. An "
            "import replaces all options."
        )
    yield from _heading("What an import does")
    yield "* It writes what is there already, and deploys the Action again as a new version of the same code."


def _heading(text: str) -> tuple[str, str, str]:
    return "", f"## {text}", ""


def _secrets(slots: Slots, kind: str, name_of: Callable[[SecretSlot], str]) -> Iterator[str]:
    if not slots:
        return
    yield from _heading("Secrets to supply")
    yield f"| {kind} | value | where phonefleet has it |"
    yield "| --- | --- | --- |"
    for slot in slots.values():
        where = _code(slot.reference) if slot.reference else "not in the fleet file"
        yield f"| `{name_of(slot)}` | {_plain(slot.purpose)} | {where} |"


def _legacy_action(state: LeftState, parts: str) -> Iterator[str]:
    for action in state.snapshot.legacy_actions:
        if not action.bound:
            continue
        yield (
            f"* Of the legacy Action {_code(action.name)}, which sends no messages any more: {parts}. Do this after "
            "`phonefleet finalize`: until then a rollback needs it."
        )


def _message_types(state: LeftState) -> str:
    return ", ".join(f'"{each}"' for each in state.snapshot.message_types)


def _code(text: str) -> str:
    """Return a text as a code span that no character of it can end."""
    flat = printable(" ".join(text.split())).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    padding = " " if "`" in flat else ""
    return f"{fence}{padding}{flat}{padding}{fence}"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", printable(" ".join(text.split())))
