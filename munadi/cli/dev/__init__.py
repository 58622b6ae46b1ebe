"""`munadi dev`: everything on this machine, one process per part, and a small process that keeps them running.

The command plans (settings, ports) and then replaces itself by the keeper, which imports the standard library alone:
it lives as long as the stack and holds only what it uses.
"""
