"""What the networks of Meta's Graph family share. It is no channel: Facebook, Instagram and Threads import it."""
