"""One file per rule. `discipline/registry.py` says what a file holds; dropping one in here is all it takes."""
