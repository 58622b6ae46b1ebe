"""Programs that sign in: their registrations, and the grants that people give them."""
