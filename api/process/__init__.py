"""The API's process: what lives as long as it does."""
