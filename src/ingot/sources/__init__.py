"""The sources that Ingot can pull from, loaded by `ingot.source.load_source`: `http`, `rest`, `database`.

The other modules are what these share: how requests are sent, how entries are read.
"""
