"""One policy for errors that phonefleet does not know.

The text of such an error may repeat what Auth0 answered. The ledger, the reports and Prefect get the type of the error
and its place in the code; only the log gets the text, redacted.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from configs import ConfigError
from phonefleet.auth0.answer_redaction import glimpse
from phonefleet.errors import PhonefleetError, TenantError
from phonefleet.model.enums import ReasonCode
from phonefleet.secrets.phone_numbers import mask_numbers

_log = logging.getLogger(__name__)
_OWN_PACKAGES = frozenset(("configs", "flows", "phonefleet", "reports", "tasks"))
_LOGGED_CHARACTERS = 300
_KNOWN = (PhonefleetError, ConfigError)


class RunDefect(PhonefleetError):
    """A defect of phonefleet outside the work on one tenant; like `UnexpectedError`, without the error's text."""

    def __init__(self, type_and_place: str) -> None:
        super().__init__(f"unexpected {type_and_place}; report it as a defect of phonefleet")


class UnexpectedError(TenantError):
    """A defect of phonefleet met at one tenant; the message has the type and the place of the error, not its text."""

    reason = ReasonCode.INTERNAL_ERROR.value

    def __init__(self, domain: str, type_and_place: str) -> None:
        super().__init__(domain, f"unexpected {type_and_place}; report it as a defect of phonefleet")


@contextmanager
def known_errors(domain: str) -> Iterator[None]:
    """Let only errors that phonefleet knows out of the block.

    Raises:
        UnexpectedError: in place of any other error, without it as its cause, since Prefect keeps causes.
    """
    try:
        yield
    except _KNOWN:
        raise
    except Exception as error:
        raise unexpected(domain, error) from None


@contextmanager
def known_run_errors() -> Iterator[None]:
    """Let only errors that phonefleet knows, and those of files, out of a flow.

    Raises:
        RunDefect: in place of any other error; the run stays open in the ledger.
    """
    try:
        yield
    except (*_KNOWN, OSError):
        raise
    except Exception as error:
        raise run_defect(error) from None


def unexpected(domain: str, error: Exception) -> UnexpectedError:
    """Log an error that phonefleet does not know, redacted, and return what may be recorded of it."""
    return UnexpectedError(domain, _logged(domain, error))


def run_defect(error: Exception) -> RunDefect:
    """Log an error that phonefleet does not know, redacted, and return what may be shown of it."""
    return RunDefect(_logged("the run", error))


def _logged(where: str, error: Exception) -> str:
    """Log an error, redacted, and return its type and place."""
    found = f"{type(error).__name__} at {place_of(error)}"
    text = mask_numbers(glimpse(str(error), _LOGGED_CHARACTERS))
    _log.error("%s: unexpected %s: %s", where, found, text)
    return found


def place_of(error: BaseException) -> str:
    """Return where an error was raised as `module:function:line`: the innermost place in phonefleet's own code."""
    walked = traceback.walk_tb(error.__traceback__)
    frames = [(frame, line) for frame, line in walked if _module(frame) != __name__]
    own = [(frame, line) for frame, line in frames if _module(frame).partition(".")[0] in _OWN_PACKAGES]
    if not frames:
        return "unknown place"
    frame, line = (own or frames)[-1]
    return f"{_module(frame)}:{frame.f_code.co_name}:{line}"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
