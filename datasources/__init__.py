"""The outside: models, queries, migrations, the bus and the hot state. Knows nothing above itself."""
