"""What is told of a scan, in the formats that people and other programs read."""
