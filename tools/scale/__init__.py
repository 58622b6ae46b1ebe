"""What many posts and many workers need: what was measured, and the arithmetic of docs/scale.md."""
