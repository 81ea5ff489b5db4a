"""The ECS task state change and what we read from it."""
