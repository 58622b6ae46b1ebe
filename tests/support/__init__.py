"""Real servers for tests. Each picks a free port, cleans up after itself and ends exactly what it started."""
