"""Prefect flows, one module per verb, and the command line in `flows.cli`.

Every flow takes plain parameters, the path of the fleet file first, and opens everything else itself. The same flow
object runs from the command line, from a served deployment, from a worker and from a Python process of its own.
"""
