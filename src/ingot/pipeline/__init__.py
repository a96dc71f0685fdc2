"""The datasets and flows of a project as queries: ordered, typed, checked; nothing is planned or run here."""

from ingot.pipeline.catalog import ProjectCatalog, is_event_log, is_path
from ingot.pipeline.pipeline import Pipeline

__all__ = ["Pipeline", "ProjectCatalog", "is_event_log", "is_path"]
