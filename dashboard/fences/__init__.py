"""Geofences 电子围栏: drawn or taken from an area; who enters, leaves, stays too long, or whether nobody is there."""
