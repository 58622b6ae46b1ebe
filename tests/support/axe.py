"""axe-core, an independent check of accessibility: the serious problems of a page as a browser shows it.

`python -m tests.support.axe` installs it; the test set-up calls that.
"""

from collections.abc import Collection
from enum import Enum
from pathlib import Path

from playwright.async_api import Page

from tests.support.node import install_packages

FOLDER = Path(__file__).resolve().parent.parent / "axe"
SCRIPT = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
EVERY = {"minor", "moderate", *SERIOUS}
_TAGS = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_CONTRAST = "color-contrast"
_RUN = "options => axe.run(document, {...options, resultTypes: ['violations']})"


class Rules(Enum):
    """Which rules are examined. The themes differ in their colors only, and the widths in all else."""

    ALL = {"runOnly": _TAGS}
    STRUCTURE = {"runOnly": _TAGS, "rules": {_CONTRAST: {"enabled": False}}}
    COLORS = {"runOnly": {"type": "rule", "values": [_CONTRAST]}}


async def violations(page: Page, *, rules: Rules = Rules.ALL, impacts: Collection[str] = SERIOUS) -> list[str]:
    """Every problem of these impacts, the serious and critical ones by default: the rule, and its elements."""
    install_packages(FOLDER)
    # Evaluated as by a debugger: the page's own policy allows no foreign script.
    await page.evaluate(SCRIPT.read_text())
    found = await page.evaluate(_RUN, rules.value)
    return [
        f"{each['id']}: {each['help']} {[node['target'] for node in each['nodes']]}"
        for each in found["violations"]
        if each["impact"] in impacts
    ]


if __name__ == "__main__":
    install_packages(FOLDER)
