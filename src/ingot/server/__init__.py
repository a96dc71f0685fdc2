"""`ingot serve`: dashboards, the console and the HTTP API, in one process beside the lake."""
