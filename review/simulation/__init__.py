"""Programs that play experts, through the same services as people. Everything they do says that it is simulated."""
