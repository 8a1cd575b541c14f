"""Real servers for the tests: fetched, started and stopped by the project itself.

Belongs here: one module per server, what they share (the unprivileged account, free ports, certificates), nothing else.
Does not belong here: fixtures (these are in ``ca_platform_tests/conftest.py``).
"""
