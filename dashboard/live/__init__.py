"""The live spine: pictures of areas, kept true by the change log, and pushed to every screen that looks."""
