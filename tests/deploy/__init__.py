"""What we ship for deployment, tried as far as it goes without a container engine."""
