"""axe-core, an independent check of accessibility: the serious problems of a page as a browser shows it.

`python -m tests.support.axe` installs it; the test set-up calls that.
"""

from pathlib import Path

from playwright.async_api import Page

from tests.support.node import install_packages

FOLDER = Path(__file__).resolve().parent.parent / "axe"
SCRIPT = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """([rules, off]) => axe.run(document, {
  runOnly: rules, rules: Object.fromEntries(off.map(each => [each, {enabled: false}])), resultTypes: ['violations'],
})"""


async def violations(page: Page, *, colors: bool = True) -> list[str]:
    """Every serious or critical problem: the rule, and its elements. `colors`: contrast too, the slowest rule."""
    install_packages(FOLDER)
    # Evaluated as by a debugger: the page's own policy allows no foreign script.
    await page.evaluate(SCRIPT.read_text())
    found = await page.evaluate(_RUN, [_RULES, [] if colors else ["color-contrast"]])
    return [
        f"{each['id']}: {each['help']} {[node['target'] for node in each['nodes']]}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
    ]


if __name__ == "__main__":
    install_packages(FOLDER)
