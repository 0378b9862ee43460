"""SQLite as Django knows it, with writers of one process taking turns in the order in which they came."""
