"""Posts as they are read: queries, views, the calendar, media."""
