"""The composition root: the only place that knows who is real."""
