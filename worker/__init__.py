"""The composition root: the only place that wires drivers to ports."""
