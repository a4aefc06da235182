"""The handlers of the steps: each kind reads one object of a tenant, writes it, and reverts what it wrote."""
