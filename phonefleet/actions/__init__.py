"""Reading, translating and proving the code that sends a tenant's phone messages."""
