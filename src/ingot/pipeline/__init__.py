"""The datasets and flows of a project as queries: ordered, typed, checked; nothing is planned or run here."""

from ingot.pipeline.pipeline import Pipeline, catalog, is_event_log, is_path

__all__ = ["Pipeline", "catalog", "is_event_log", "is_path"]
