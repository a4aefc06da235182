"""Proof by running: an Action and its translation on the same messages, in isolates with recording stand-ins."""

from phonefleet.actions.prover.prove import prove, prove_on
from phonefleet.actions.prover.run import run
from phonefleet.actions.prover.traces import Call, End, Trace

__all__ = ["Call", "End", "Trace", "prove", "prove_on", "run"]
