"""What a definition in Python becomes: datasets, flows and expectations in the registry of the current load.

Owns how arguments are understood.
"""
