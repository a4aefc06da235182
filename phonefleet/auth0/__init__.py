"""The Management API: clients, rate limits, retries, tokens, and reading a tenant."""
