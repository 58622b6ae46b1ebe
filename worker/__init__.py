"""The worker process: the only place that wires implementations to ports."""
