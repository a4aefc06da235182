"""All files that hand over one tenant."""

from __future__ import annotations

from collections.abc import Mapping

from phonefleet.handover.deploy_cli import deploy_cli_files
from phonefleet.handover.note import NOTE_FILE, note
from phonefleet.handover.secret_slots import secret_slots
from phonefleet.handover.terraform import terraform_files
from phonefleet.model.left_state import CodeFormat, LeftState, Place


def code_files(state: LeftState, references: Mapping[Place, str], code_format: CodeFormat) -> dict[str, str]:
    """Return the files of a tenant by path, the note among them.

    Args:
        state: the tenant; its Action's code has no masked key.
        references: where the operator has the values of its secrets, by place.
        code_format: the tool to hand it over to.
    """
    slots = secret_slots(state, references)
    match code_format:
        case CodeFormat.TERRAFORM:
            files = terraform_files(state, slots)
        case CodeFormat.DEPLOY_CLI:
            files = deploy_cli_files(state, slots)
    return {NOTE_FILE: note(state, slots, code_format), **files}
