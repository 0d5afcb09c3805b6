"""Pure functions from view data to components. Ids live beside the layout that owns them."""
