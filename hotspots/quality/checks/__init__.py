"""One file a check: ``check(data)`` returns what it finds."""
