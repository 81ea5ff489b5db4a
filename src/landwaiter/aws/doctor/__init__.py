"""The audit of a deployment: one read of the account, pure checks over it, and the mending of what is safe."""
