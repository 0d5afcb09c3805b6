"""Questions to the database, one file a subject. They return plain values, never components."""
