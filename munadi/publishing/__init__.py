"""The publishing core: a post from acceptance to its end. `model` and `states` are pure; the rest is transactions."""
