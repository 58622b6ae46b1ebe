"""What a process reports of itself: metrics always, traces where a setting asks for them. Knows nothing of I/O."""
