"""Models of request bodies: names, types, values and lengths of Auth0's Management API description.

Bodies are checked, never converted: handlers use the JSON as it was sent, so that a missing key stays different
from null.
"""
