"""The Markdown of docs/ as pages: rendered here, with assets of our own and no script."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
