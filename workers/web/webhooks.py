"""Standard Webhooks: which secrets are known here, and whether one of them signed a request."""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from workers.errors import ConfigError

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Webhooks:
    """Secrets with commas between, so that they can be changed without a gap; ConfigError for one that is none."""

    def __init__(self, secrets: str) -> None:
        try:
            self._known = [Webhook(secret.strip()) for secret in secrets.split(",") if secret.strip()]
        except (binascii.Error, EmptyWebhookSecretError):
            where, mend = "SIGNATURE_WEBHOOK_SECRET", "write whsec_ and base64; several with commas between"
            raise ConfigError("is not a webhook secret", where=where, mend=mend) from None

    @property
    def configured(self) -> bool:
        """Whether any secret is known."""
        return bool(self._known)

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        """Whether one of the secrets signed this body, its id and its time, not more than five minutes ago."""
        named = {name: value for name in _HEADERS if (value := headers.get(name))}
        return any(_verified(webhook, raw, named) for webhook in self._known)


def _verified(webhook: Webhook, raw: bytes, headers: dict[str, str]) -> bool:
    try:
        webhook.verify(raw, headers, json_parse=False)
    except (WebhookVerificationError, ValueError, IndexError):  # the library stumbles over malformed headers
        return False
    return True
