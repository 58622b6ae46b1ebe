"""The workflows: deterministic code that decides what happens next. All I/O is in activities."""
