"""From nothing to the default model: data, weak labels, release, run, student, and its figures on real files."""
