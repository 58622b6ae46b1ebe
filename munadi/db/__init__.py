"""The database layer. Every writing transaction begins as a writer, and none makes a network call."""
