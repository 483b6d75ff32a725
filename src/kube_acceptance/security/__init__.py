"""What protects a release, proved in the running cluster."""
