"""The rules: services by subject, the live hub, identity and scope, settings, command line."""
