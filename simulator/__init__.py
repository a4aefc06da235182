"""A fleet of Auth0 tenants behind one ASGI application, for tests, demos and rehearsals."""
