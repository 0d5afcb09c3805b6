"""What lies in deploy/ is used as it is."""
