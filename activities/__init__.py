"""Where the workflow touches the world: one class per subject, built on `munadi.ports`, injected by the worker."""
