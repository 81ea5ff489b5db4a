"""`python -m landwaiter`."""

from landwaiter.cli.main import main

main()
