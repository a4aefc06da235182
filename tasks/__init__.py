"""One tenant, one phase: Prefect tasks over `phonefleet`.

A task takes the path of the fleet file, the id of the run and the domain of the tenant, and returns a value. Prefect
keeps parameters, so they hold no secret, snapshot or plan; a task reads those through `tasks.run_context`.
"""
