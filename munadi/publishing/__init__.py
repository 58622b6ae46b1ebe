"""The publishing core: all transactions that change a post. `model`, `states` and `plans` are pure."""
