"""axe-core, an independent judge of accessibility: what is seriously wrong with a page as a browser shows it.

`python -m tests.support.axe` installs it; the test set-up calls that.
"""

from pathlib import Path

from playwright.async_api import Page

from tests.support.node import install_packages

FOLDER = Path(__file__).resolve().parent.parent / "axe"
SCRIPT = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
WEIGHTY = {"serious", "critical"}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"


async def violations(page: Page) -> list[str]:
    """Every serious or critical one: the rule, and the elements it is about."""
    install_packages(FOLDER)
    # As a debugger does it: the page's own policy lets no foreign script in.
    await page.evaluate(SCRIPT.read_text())
    found = await page.evaluate(_RUN, _RULES)
    return [
        f"{each['id']}: {each['help']} {[node['target'] for node in each['nodes']]}"
        for each in found["violations"]
        if each["impact"] in WEIGHTY
    ]


if __name__ == "__main__":
    install_packages(FOLDER)
