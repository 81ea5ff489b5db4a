"""The registry's door, which asks for the token that ECR gives out, as ECR does.

Source: Amazon ECR User Guide, "Private registry authentication" (user AWS, the password from GetAuthorizationToken);
RFC 7617 for the challenge. The setting `registry_auth` opens it.
"""

import base64

from landwaiter.sandbox.asgi import App, Receive, Scope, Send, answer, header
from landwaiter.sandbox.settings import Settings

TOKEN = base64.b64encode(b"AWS:sandbox").decode()


class RegistryGate:
    """An ASGI app that lets only signed-in requests through to the registry, and everything else through as it is."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._challenge = f'Basic realm="{settings.endpoint}/",service="ecr.amazonaws.com"'
        self._closed = settings.registry_auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = self._closed and scope["type"] == "http" and scope["path"].startswith("/v2/")
        if asked and header(scope, b"authorization") != f"Basic {TOKEN}":
            await answer(send, 401, iter([b"Not Authorized\n"]), self._refusal())
        else:
            await self._app(scope, receive, send)

    def _refusal(self) -> dict[str, str]:
        return {"WWW-Authenticate": self._challenge, "Content-Type": "text/plain", "Content-Length": "15"}
