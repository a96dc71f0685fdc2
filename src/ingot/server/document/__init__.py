"""What the API answers, for its OpenAPI document alone: a module a part, and `openapi`, which puts them into it.

The classes are shapes of JSON and are never made: endpoints give dictionaries, which cost nothing to check. Tests hold
each answer against the shape that the document tells.
"""
