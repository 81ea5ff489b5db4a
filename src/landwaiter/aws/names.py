"""The names that an operator knows from the guide, kept to the letter (see docs/reference/templates.md)."""

SERVICE_ROLE = "QualysECSFargateImageScanningServiceRole"
LAMBDA_ROLE = "QualysECSFargateImageScanningLambdaRole"
FUNCTION = "QualysECSFargateImageScanningLambda"
PROJECT = "QualysECSFargateImageScanning"
VPC_POLICY = "Codebuild-Qualys-VPC-Access"
PUBLIC_ROUTE_TABLE = "Public-RT"
ROOT_CA_PARAMETER = "QualysPodCustomRootCertPath"
LAMBDA_VPC_POLICY = "service-role/AWSLambdaVPCAccessExecutionRole"

# Our own.
NETWORK_STACK = "landwaiter-network"
SCANNING_STACK = "landwaiter-scanning"
