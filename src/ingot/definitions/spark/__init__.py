"""The `spark` object that Python definition files see: builds trees by Spark's names and never evaluates one.

A DataFrame is a selection over relations (`relation`), a Column is a node of a syntax tree (`column`). What a
query becomes is decided when the flow is built; what is wrong with it is said at the line that wrote it.
"""
