"""Faults over real processes. The networks' own lists of posts decide whether a post is doubled or lost."""
