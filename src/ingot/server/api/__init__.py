"""The HTTP API, a module a resource. See `ingot.server.app` for how such a module looks."""
