"""docs/operations.md typed word by word on a fresh Debian machine: `python -m tests.operations`, as root."""
