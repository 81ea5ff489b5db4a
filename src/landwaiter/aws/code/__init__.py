"""What AWS runs: zips of function, layer and scan job, the same byte for byte, and the bucket they lie in."""
