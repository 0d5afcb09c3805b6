"""Import of what the bureaus have: areas with boundaries, field units, video points."""
