"""What Munadi means, without doing anything: no I/O, no clock, nothing but stdlib and pydantic."""
