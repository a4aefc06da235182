"""The simulated operations, one module for each family of the Management API."""
