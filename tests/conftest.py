"""Every test may use the real servers of `tests.support`."""

pytest_plugins = ["tests.support.plugin"]
