"""One tenant, one phase: thin Prefect tasks over `phonefleet`.

A task's parameters are a run's id and a tenant's domain, nothing else: Prefect keeps parameters, and what it
never gets it cannot leak. What the run has open is found by its id in `tasks.desk`.
"""
