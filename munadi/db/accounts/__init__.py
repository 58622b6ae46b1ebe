"""Connected profiles: their rows, credentials, connections and upkeep."""
