"""The commands of `ingot`, a module a group: their arguments, and the functions that carry them out.

Each is a function `_<name>(arguments, terminal) -> exit code`. It calls the library and shows what that says; it has no
logic of its own. Nothing heavy is imported before a command needs it.
"""
