"""AWS on one machine, for the demo, the tests and a person who wants to try things by hand.

A child process runs the `ministack` emulator, extended by what the way of a Fargate task needs and it lacks: one
module a piece, listed in `pieces.py`. `sandbox.py` is the door: `with Sandbox.start(folder) as box: ...`.
"""
