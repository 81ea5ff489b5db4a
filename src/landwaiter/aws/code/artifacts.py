"""The bucket that holds the zips, one for each account and region."""

import json
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.code.package import Artifact
from landwaiter.aws.failures import code_of
from landwaiter.errors import NotPermittedError

_MISSING = ("404", "NoSuchBucket", "NotFound", "NoSuchKey")
_MARK = {"Key": "Application", "Value": "landwaiter"}


class ArtifactBucket:
    """A private, encrypted, versioned bucket. Objects are named by their content, so an upload is made once."""

    def __init__(self, client: ClientFactory) -> None:
        self._s3 = client("s3")
        identity = client("sts").get_caller_identity()
        self._account = str(identity["Account"])
        self._partition = str(identity["Arn"]).split(":")[1]
        self._region = str(self._s3.meta.region_name)
        self.name = f"landwaiter-artifacts-{self._account}-{self._region}"

    def exists(self) -> bool:
        """Tell whether the bucket is there. Raises `NotPermittedError` if one of that name is a stranger's."""
        if not self._answers():
            return False
        if not self._is_ours():
            raise NotPermittedError(
                f"The bucket {self.name} is in this account, but not ours: it lacks the tag Application=landwaiter.",
                "Nothing was done to it. Rename or delete it, or mark it with that tag if it is ours after all.",
            )
        return True

    def ensure(self) -> bool:
        """Make the bucket if there is none yet; tell whether it was made.

        Raises `NotPermittedError` if there is one of that name and it is a stranger's.
        """
        made = not self.exists()
        if made:
            place: dict[str, Any] = {}
            if self._region != "us-east-1":
                place = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
            self._s3.create_bucket(Bucket=self.name, **place)
        self._s3.put_bucket_tagging(Bucket=self.name, Tagging={"TagSet": [_MARK]})
        blocked = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        self._s3.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=blocked)
        self._s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        self._s3.put_bucket_encryption(Bucket=self.name, ServerSideEncryptionConfiguration=encryption)
        self._s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps(self._only_over_tls()))
        return made

    def missing(self, artifacts: Iterable[Artifact]) -> list[str]:
        """The keys of artifacts that the bucket, which exists, does not hold."""
        return [artifact.key for artifact in artifacts if not self._has(artifact.key)]

    def is_guarded(self) -> bool:
        """Tell whether the bucket, which exists, has its policy: the last thing that `ensure` sets."""
        try:
            policy = json.loads(self._s3.get_bucket_policy(Bucket=self.name)["Policy"])
        except ClientError as error:
            if code_of(error) in {"NoSuchBucketPolicy", *_MISSING}:
                return False
            raise
        return bool(policy == self._only_over_tls())

    def upload(self, artifacts: Iterable[Artifact]) -> int:
        """Store the artifacts that are not there yet; the number of uploads."""
        uploads = 0
        for artifact in artifacts:
            if not self._has(artifact.key):
                self._s3.put_object(
                    Bucket=self.name, Key=artifact.key, Body=artifact.content, ContentType="application/zip"
                )
                uploads += 1
        return uploads

    def remove(self) -> bool:
        """Empty the bucket, all versions of all objects, and delete it; False when there is none."""
        if not self.exists():
            return False
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self.name):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                self._s3.delete_object(Bucket=self.name, Key=entry["Key"], VersionId=entry["VersionId"])
        self._s3.delete_bucket(Bucket=self.name)
        return True

    def _answers(self) -> bool:
        try:
            self._s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self._account)
        except ClientError as error:
            if code_of(error) in _MISSING:
                return False
            raise NotPermittedError(
                f"The bucket {self.name} exists and is not ours to use.",
                "See who owns it: bucket names are shared by all accounts of AWS.",
            ) from error
        return True

    def _is_ours(self) -> bool:
        """Ours has our tag; without tags and objects it is ours too: a run was interrupted just after making it."""
        try:
            return _MARK in self._s3.get_bucket_tagging(Bucket=self.name)["TagSet"]
        except ClientError as error:
            if code_of(error) != "NoSuchTagSet":
                raise
        return not self._s3.list_object_versions(Bucket=self.name, MaxKeys=1).get("Versions")

    def _has(self, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if code_of(error) in _MISSING:
                return False
            raise
        return True

    def _only_over_tls(self) -> dict[str, Any]:
        arn = f"arn:{self._partition}:s3:::{self.name}"
        statement = {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}
