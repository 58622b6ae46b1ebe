"""The activities: all I/O of the workflows. One class per subject, built on `munadi.ports`, wired by the worker."""
