"""Duplicates (D7): exact copies, records under one identity, near-duplicates by MinHash; over files, without Django."""
