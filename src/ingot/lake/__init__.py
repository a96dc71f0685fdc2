"""Delta tables: snapshots, commits, history, maintenance. Start at `table`."""
