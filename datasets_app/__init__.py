"""The ground floor of the domain: records, screening, splits, snapshots and releases."""
