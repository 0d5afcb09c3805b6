"""The HTTP interface `/api/v1`: one file a subject, each a list of routes; described by its own OpenAPI document."""
