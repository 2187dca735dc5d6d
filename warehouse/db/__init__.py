"""The warehouse's door: a URL becomes an Engine (engine.py), and its system views become typed values (system.py)."""
