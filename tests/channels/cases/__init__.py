"""The cases of each network as data; see `tests/channels/case.py`."""
