"""The AWS side: CloudFormation templates, the code they deploy, and the runbook's parts as steps."""
