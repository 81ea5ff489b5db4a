"""The Lambda function `QualysECSFargateImageScanningLambda`: standard library, boto3 and `landwaiter.events` only."""
