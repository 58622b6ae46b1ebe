"""What the answer to a second request means while the first one may be live."""
