"""What checks the hub's signatures away from the hub: the standard library alone, one file each, copied as they are."""
