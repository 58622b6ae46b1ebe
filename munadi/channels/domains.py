"""The top-level domains there are: what makes `acme.example` a plain text and `acme.com` an address."""

from __future__ import annotations

from importlib.resources import files

_LIST = files(__package__).joinpath("tlds.txt").read_text("utf-8")
# In lower case, internationalized ones in Unicode and as Punycode.
TOP_LEVEL = frozenset(line for line in _LIST.split("\n") if line and line[0] != "#")
