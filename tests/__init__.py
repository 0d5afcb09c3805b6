"""Mirrors the tree; reads like the specification."""
