"""nginx, two hosts of workers, PostgreSQL and Redis in network namespaces of their own: killed, cut off, slowed and filled in turn."""
