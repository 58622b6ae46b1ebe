"""`munadi dev`: everything on this machine, one process per part, and a small process that keeps them running.

The command plans (settings, ports) and then replaces itself by the supervisor, which imports only the standard
library: it lives as long as the stack, so its memory should stay small.
"""
