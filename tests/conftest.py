"""For the whole suite: property tests have no deadline, since a busy machine is no failure."""

from hypothesis import HealthCheck, settings

# The prover makes its messages with Hypothesis, so a property test that is the first to prove something nests.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.nested_given])
settings.load_profile("unhurried")
