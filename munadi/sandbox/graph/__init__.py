"""What the emulated networks of Meta's Graph family share: parameters, errors, tokens, lists, media that are pulled."""
