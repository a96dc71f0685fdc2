"""How an update is carried out, step by step. Start at `execution`; what an update is stands in `ingot.run`."""
