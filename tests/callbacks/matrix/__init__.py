"""Who may do what, where: each way into the server × each role × each place. See `table.py`."""
