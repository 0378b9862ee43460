"""Object stores that people name: their connections go to public addresses only (see pixelhub.addresses).

The operator's own endpoint (OBJECT_STORE_ENDPOINT) may lie anywhere. For any other the rule holds at every connect, so
a name that changes its address between check and use gains nothing. Redirects are not followed.
"""

import socket
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool, AWSHTTPSConnection, AWSHTTPSConnectionPool

from pixelhub.addresses import public_addresses


def guard_client(client: Any) -> Any:
    """Let a boto3 client connect to public addresses only, whatever its endpoint's name says at that moment."""
    manager = client._endpoint.http_session._manager
    manager.pool_classes_by_scheme = {"http": _GuardedPool, "https": _GuardedTLSPool}
    return client


class _Guarded:
    """A connection that looks its host up itself and goes to an address that passed."""

    _dns_host: str
    port: int

    def _new_conn(self) -> socket.socket:
        named = self._dns_host
        self._dns_host = str(public_addresses(named, self.port)[0])
        try:
            return super()._new_conn()  # type: ignore[misc,no-any-return]
        finally:
            self._dns_host = named


class _GuardedConnection(_Guarded, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _GuardedTLSConnection(_Guarded, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _GuardedPool(AWSHTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _GuardedConnection


class _GuardedTLSPool(AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _GuardedTLSConnection
