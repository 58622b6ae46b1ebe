"""Media files: fetched through the guard, probed, stored by their hash, served by signed URLs."""
