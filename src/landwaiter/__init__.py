"""Landwaiter: vulnerability and compliance scans for AWS Fargate, on a platform of your own."""

__version__ = "0.1.0"
