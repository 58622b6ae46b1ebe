"""What leaves for a subscriber: the guard on its address, the signature, the one HTTP try, the schedule."""
