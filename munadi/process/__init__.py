"""What every server process needs: logs, Temporal, checks at the start, the watchdog, the collector of garbage."""
