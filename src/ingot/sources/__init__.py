"""The sources that Ingot can pull from, one module for each kind; loaded by `ingot.source.load_source`."""
