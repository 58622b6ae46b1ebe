"""Media: fetched through the guard, probed for facts, stored by content, handed out by signed URLs."""
