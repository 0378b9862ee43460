"""What review knows without Django: sampling with weights, digests, verdicts, and the program as data."""
