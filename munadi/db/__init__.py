"""The database says what is true. Every transaction that writes begins as a writer; none does network I/O."""
