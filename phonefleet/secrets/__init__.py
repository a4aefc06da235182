"""Secrets: references become values at the last moment, and values are kept out of everything else."""

from phonefleet.secrets.patterns import find_secret_like
from phonefleet.secrets.redaction import REDACTED, redact
from phonefleet.secrets.store import SecretError, SecretStore

__all__ = ["REDACTED", "SecretError", "SecretStore", "find_secret_like", "redact"]
