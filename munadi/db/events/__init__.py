"""The event log, and how an event becomes deliveries."""
