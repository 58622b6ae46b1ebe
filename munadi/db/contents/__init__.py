"""Reads posts: queries, views, the calendar, media."""
