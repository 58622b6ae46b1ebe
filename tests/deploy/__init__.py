"""The files for deployment, tested as far as possible without a container engine."""
