"""What could not be delivered, on its way into an SQS queue.

Sources: AWS Lambda Developer Guide, "Adding a dead-letter queue" (the event as the body, three attributes);
Amazon EventBridge User Guide, "Using dead-letter queues to process undelivered events" (the event, and its attributes).
"""

import json
import logging
from collections.abc import Mapping

from landwaiter.sandbox.aws_client import Clients

_log = logging.getLogger(__name__)


def send(clients: Clients, queue_arn: str, event: object, attributes: Mapping[str, str]) -> None:
    """Put an event into the queue with this ARN.

    A queue that is gone loses the event, as on AWS; here a line in the log tells of it.
    """
    sqs = clients.get("sqs")
    try:
        url = sqs.get_queue_url(QueueName=queue_arn.rsplit(":", 1)[1])["QueueUrl"]
        sqs.send_message(
            QueueUrl=url,
            MessageBody=json.dumps(event),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value[:1000]} for name, value in attributes.items() if value
            },
        )
    except sqs.exceptions.ClientError as error:
        _log.warning("An event is lost: %s cannot be written: %s", queue_arn, error)
