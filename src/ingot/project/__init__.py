"""The settings of a project: `ingot.yml` or what stands in for it, each value with the place where it was written."""

from ingot.project.loading import load_project
from ingot.project.paths import map_path

__all__ = ["load_project", "map_path"]
