"""Changes that AWS takes only after a while: permissions spread over seconds, a function is updated in the background.

Source: IAM User Guide, "Changes that I make are not always immediately visible"; Lambda Developer Guide, "Lambda
function states".
"""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from landwaiter.aws import names
from landwaiter.aws.failures import code_of

_SECONDS, _PAUSE = 60.0, 3.0
_NOT_YET = ("does not have permissions", "Not authorized to perform", "cannot be assumed")


def patiently(call: Callable[[], Any], *, seconds: float = _SECONDS, pause: float = _PAUSE) -> Any:  # noqa: ANN401 - boto3's answer
    """Call until AWS knows of the permissions just given, at most for `seconds`; raises its last refusal."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except ClientError as error:
            if not _not_yet(error) or time.monotonic() + pause > deadline:
                raise
            time.sleep(pause)


def _not_yet(error: ClientError) -> bool:
    """Whether a role's permission or an update under way is the cause. Our own permissions, time does not mend."""
    if code_of(error) == "ResourceConflictException":
        return True
    message = str(error.response.get("Error", {}).get("Message", ""))
    refused = code_of(error) in {"InvalidParameterValueException", "InvalidInputException"}
    return refused and any(text in message for text in _NOT_YET)


def configure_function(functions: Any, name: str = names.FUNCTION, **settings: Any) -> None:  # noqa: ANN401
    """Change settings of a function, as UpdateFunctionConfiguration takes them, and wait until they are in force."""
    patiently(lambda: functions.update_function_configuration(FunctionName=name, **settings))
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)
