"""What holds across all apps: permissions, foreign ids, hostile input, scripts in text, and where text must not go."""
