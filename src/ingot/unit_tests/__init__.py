"""Unit tests of datasets: read from YAML or made in Python, carried out on given rows, compared and reported."""
