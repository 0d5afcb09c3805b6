"""nginx, two hosts of workers, PostgreSQL and Redis in network namespaces of their own, which are killed, cut, slowed and restarted in turn."""
