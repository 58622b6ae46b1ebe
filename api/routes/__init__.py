"""The REST routes, one module per subject; each exports `router`."""
