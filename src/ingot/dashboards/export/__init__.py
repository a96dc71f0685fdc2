"""Dashboards as files: one page that works without a server, and pictures made without a browser."""
