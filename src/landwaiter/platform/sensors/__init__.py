"""Who calls: the sensors of each account and when they last did, and the calls that were refused."""
