"""Secrets of an Azure Key Vault, by the libraries of Azure: `pip install "ingot[azure]"`.

Who asks is found as Azure's own tools find it (environment, managed identity, `az login`).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from ingot.errors import SourceError


class AzureKeyVault:
    """The vault at a URL. `/` and other characters that a vault's names cannot have are dashes there."""

    def __init__(self, url: str, client: Any = None):
        self._url = url
        self._client = client
        self._found: dict[str, str | None] = {}

    def find(self, name: str) -> str | None:
        """The newest value of a secret, None if the vault has none.

        Raises:
            SourceError: `secret-store`: the vault cannot be asked; `missing-package`.
        """
        if name not in self._found:
            self._found[name] = self._ask(vault_name(name))
        return self._found[name]

    def keys(self, scope: str) -> list[str]:
        """The keys of a scope: what follows its name and a dash."""
        prefix = vault_name(scope) + "-"
        names = self._asked(lambda client: [secret.name for secret in client.list_properties_of_secrets()])
        return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))

    def _ask(self, name: str) -> str | None:
        def value(client: Any) -> str | None:
            from azure.core.exceptions import ResourceNotFoundError

            try:
                return client.get_secret(name).value
            except ResourceNotFoundError:
                return None

        return self._asked(value)

    def _asked(self, question: Any) -> Any:
        try:
            from azure.core.exceptions import AzureError

            client = self._client or self._connect()
        except ImportError as error:
            raise SourceError(
                f"secrets of Azure Key Vault need a package that is not installed: {error.name}",
                hint='pip install "ingot[azure]"',
                code="missing-package",
            ) from error
        try:
            return question(client)
        except AzureError as error:
            raise SourceError(
                f"the key vault {urlsplit(self._url).hostname} cannot be asked: {str(error).splitlines()[0]}",
                hint="log in with `az login`, or give AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
                code="secret-store",
            ) from error

    def _connect(self) -> Any:
        from azure.identity import DefaultAzureCredential
        from azure.keyvault.secrets import SecretClient

        self._client = SecretClient(self._url, DefaultAzureCredential())
        return self._client


def vault_name(name: str) -> str:
    """A secret's name as a vault has it (letters, digits and dashes).

    >>> vault_name("shop/api_key")
    'shop-api-key'
    """
    return re.sub(r"[^0-9A-Za-z-]", "-", name)
