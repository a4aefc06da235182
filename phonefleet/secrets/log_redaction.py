"""Mask the secrets of this process in everything that is logged, by whichever library and handler."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from phonefleet.secrets.known_values import KNOWN

_create = logging.getLogRecordFactory()


def _masked_record(*args: Any, **options: Any) -> logging.LogRecord:
    record = _create(*args, **options)
    try:
        message = record.getMessage()
    except (TypeError, ValueError):
        return record  # the handler reports the wrong format
    trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
    if KNOWN.is_in(message):
        record.msg, record.args = KNOWN.mask(message), ()
    if KNOWN.is_in(trace):
        # Some handlers format the exception themselves, so that only its masked text may be left.
        record.msg, record.args = f"{KNOWN.mask(message)}\n{KNOWN.mask(trace)}", ()
        record.exc_info = record.exc_text = None
    return record


def mask_logs() -> None:
    """Install the mask in this process; installing it again changes nothing."""
    logging.setLogRecordFactory(_masked_record)
