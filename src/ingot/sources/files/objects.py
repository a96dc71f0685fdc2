"""Buckets of S3, Azure Storage and Google Cloud Storage, through the package `obstore`.

Owns how a store is opened, listed page by page and read. That broken transfers go on where they did, if the object is
still the same, is the package's; what its failures mean is `failures`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ingot.errors import IngotError, SourceError
from ingot.sources.files.address import AZURE, S3
from ingot.sources.files.entry import Entry
from ingot.sources.files.failures import failure
from ingot.sources.files.pattern import Pattern
from ingot.sources.files.store import FoundFile
from ingot.sources.watched import Writable

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

_CHUNK_BYTES = 1024 * 1024
_PAGE = 1000  # objects: what the services give at most
_CONNECT_S = 10.0
_WAIT_FIRST_S = 0.5
_WAIT_MAX_S = 30.0
_FOLDER_MARK = "_$folder$"


class _MixedError(Exception):
    """What came is not one object; `told` is how to say so."""

    def __init__(self, told: SourceError):
        self.told = told


class Bucket:
    """A bucket or container, and a prefix in it. Opening one asks nobody.

    Raises:
        SourceError: `missing-package`, or the settings do not make a store.
    """

    def __init__(self, entry: Entry, wait: Callable[[float], object]):
        import_obstore()
        address = entry.address
        host = f"{entry.storage.get('endpoint', '')}:{entry.storage.get('account', '')}"
        self.identity = f"{address.kind}:{host}:{address.bucket}/{address.folder}"
        self._entry = entry
        self._wait = wait
        self._prefix = f"{address.folder}/" if address.folder else ""
        try:
            self._store = _open(entry)
        except _errors() as error:
            raise failure(error, entry) from None

    def list(self, pattern: Pattern, failed: Callable[[IngotError], None]) -> Iterator[FoundFile]:
        """See `FileStore.list`."""
        try:
            for page in self._pages((self._prefix + pattern.folder) or None, pattern.is_flat):
                for meta in page:
                    path = meta["path"].removeprefix(self._prefix)
                    if pattern.fits(path) and not _stands_for_folder(path, meta["size"]):
                        yield _found(path, meta)
        except _errors() as error:
            raise failure(error, self._entry) from None

    def _pages(self, prefix: str | None, is_flat: bool) -> Iterator[Sequence[ObjectMeta]]:
        import obstore

        if is_flat:
            yield obstore.list_with_delimiter(self._store, prefix)["objects"]
        else:
            yield from obstore.list(self._store, prefix, chunk_size=_PAGE)

    def settled(self, files: Sequence[FoundFile]) -> tuple[list[FoundFile], list[FoundFile]]:
        """See `FileStore.settled`: an object is there whole or not at all."""
        return list(files), []

    def settle(
        self, young: Sequence[FoundFile], wait: Callable[[float], object]
    ) -> tuple[list[FoundFile], list[FoundFile]]:
        """See `FileStore.settle`: no object is young."""
        return list(young), []

    def copy(self, file: FoundFile, output: Writable, went: Callable[[int], None]) -> FoundFile | None:
        """See `FileStore.copy`. An object that was replaced since it was listed is read as it is now."""
        for attempt in range(self._entry.retries + 1):
            try:
                return self._read(file, output, went)
            except _errors() as error:  # it broke off, and the rest cannot be had, or is of another content
                if attempt == self._entry.retries:
                    raise failure(error, self._entry, file.path) from None
            except _MixedError as error:
                if attempt == self._entry.retries:
                    raise error.told from None
            self._wait(min(_WAIT_MAX_S, _WAIT_FIRST_S * 2**attempt))
            output.restart()
        raise AssertionError("retries is not negative")

    def _read(self, file: FoundFile, output: Writable, went: Callable[[int], None]) -> FoundFile | None:
        import obstore

        try:
            result = obstore.get(self._store, self._prefix + file.path)
        except FileNotFoundError:
            return None
        except _errors() as error:  # the package has tried as often as the entry says
            raise failure(error, self._entry, file.path) from None
        found = _found(file.path, result.meta)
        for chunk in result.stream(min_chunk_size=_CHUNK_BYTES):
            output.write(chunk)
            went(output.bytes)
        length = self._length(found) if found.size > _CHUNK_BYTES else found.size
        if {output.bytes, length} != {found.size}:
            raise _MixedError(
                SourceError(
                    f"{self._entry.address.shown}{file.path} has {length:,} bytes, and {output.bytes:,} came of "
                    f"{found.size:,}",
                    hint="run again; if it stays so, the store gives one ETag to different contents",
                    code="files-failed",
                )
            )
        return found

    def _length(self, found: FoundFile) -> int:
        """The length of an object that has come, asked for again: the package goes on with a broken transfer wherever
        the ETag is the same, though the object may be another one. What has another ETag was replaced since."""
        import obstore

        try:
            now = _found(found.path, obstore.head(self._store, self._prefix + found.path))
        except FileNotFoundError:
            return found.size
        return now.size if now.version == found.version else found.size


def import_obstore() -> None:
    """Find the package now, so that an entry fails before anything is listed.

    Raises:
        SourceError: `missing-package`.
    """
    try:
        import obstore  # noqa: F401
    except ImportError as error:
        raise SourceError(
            f"reading an object store needs the package obstore: {error}",
            hint="pip install 'ingot[object-store]'",
            code="missing-package",
        ) from None


def _errors() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError

    return BaseError, ValueError, OSError


def _stands_for_folder(path: str, size: int) -> bool:
    """Whether an object is what consoles and Hadoop leave where people want to see a folder."""
    return size == 0 and ("." not in path.rpartition("/")[2] or path.endswith(_FOLDER_MARK))


def _found(path: str, meta: ObjectMeta) -> FoundFile:
    modified = meta["last_modified"]
    tag = (meta["e_tag"] or "").strip('"')  # Azure quotes it in answers, and not in listings
    version = tag or meta["version"] or f"{modified.isoformat()}-{meta['size']}"
    return FoundFile(path, meta["size"], modified, version)


def _open(entry: Entry) -> ObjectStore:
    from obstore.store import AzureStore, GCSStore, S3Store

    endpoint = str(entry.storage.get("endpoint", ""))
    if endpoint and "://" not in endpoint:
        raise ValueError("no URL")
    shared: dict[str, Any] = {
        "client_options": {
            "connect_timeout": timedelta(seconds=min(_CONNECT_S, entry.timeout_s)),
            "read_timeout": timedelta(seconds=entry.timeout_s),
            "timeout": timedelta(days=7),  # of a whole object, however large
            **({"allow_http": True} if endpoint.startswith("http://") else {}),
        },
        "retry_config": {"max_retries": entry.retries, "retry_timeout": timedelta(minutes=5)},
    }
    if entry.address.kind == S3:
        return S3Store(entry.address.bucket, **_s3(entry), **shared)
    if entry.address.kind == AZURE:
        return AzureStore(entry.address.bucket, **_azure(entry), **shared)
    return GCSStore(entry.address.bucket, **_gcs(entry), **shared)


def _s3(entry: Entry) -> dict[str, Any]:
    storage = entry.storage
    made: dict[str, Any] = {key: storage[key] for key in ("endpoint", "region") if key in storage}
    if storage.get("path_style") is False:
        made["virtual_hosted_style_request"] = True
        if "endpoint" in storage:  # which then has to name the bucket
            scheme, _, host = str(storage["endpoint"]).partition("://")
            made["endpoint"] = f"{scheme}://{entry.address.bucket}.{host}"
    if storage.get("requester_pays"):
        made["request_payer"] = True
    if storage.get("anonymous"):
        made["skip_signature"] = True
    elif "access_key_id" in storage:
        credential = {
            "access_key_id": storage["access_key_id"],
            "secret_access_key": storage["secret_access_key"],
            "token": storage.get("session_token"),
            "expires_at": None,
        }
        made["credential_provider"] = lambda: credential  # so that nothing of the environment mixes in
    return made


def _azure(entry: Entry) -> dict[str, Any]:
    storage = entry.storage
    made: dict[str, Any] = {"account_name": storage["account"]}
    if "endpoint" in storage:
        made["endpoint"] = storage["endpoint"]
    if storage.get("anonymous"):
        made["skip_signature"] = True
    elif "account_key" in storage:
        made["credential_provider"] = lambda: {"access_key": storage["account_key"], "expires_at": None}
    elif "sas_token" in storage:
        token = str(storage["sas_token"]).removeprefix("?")
        made["credential_provider"] = lambda: {"sas_token": token, "expires_at": None}
    for key in ("tenant_id", "client_id", "client_secret", "use_azure_cli"):
        if key in storage:
            made[key] = storage[key]
    return made


def _gcs(entry: Entry) -> dict[str, Any]:
    storage = entry.storage
    made: dict[str, Any] = {key: storage[key] for key in ("service_account", "service_account_key") if key in storage}
    if "endpoint" in storage:
        made["base_url"] = storage["endpoint"]
    if storage.get("anonymous"):
        made["skip_signature"] = True
    return made
