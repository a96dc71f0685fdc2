"""Dashboards: files of a project that say which queries to show, and how. See `model` for the theory."""
