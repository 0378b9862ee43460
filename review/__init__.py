"""The roof: expert review, sign-off, promotion, the phase board and the role homes."""
