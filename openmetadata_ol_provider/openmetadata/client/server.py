"""A server and the settings that lead to it, by the names under which people find them: for error messages."""

from __future__ import annotations

from typing import NamedTuple


class SettingNames(NamedTuple):
    """What the settings of a client are called where they were given.

    :param address: setting with the server's address; default: that of a client that is used as a library
    :param token: setting with the token; default: the same
    :param options: where timeout and limits are set; default: the same
    :param ca_file: setting with the file of the certificate authority; default: the same
    """

    address: str = "the client's host"
    token: str = "the client's token"  # noqa: S105 - no token
    options: str = "the client's parameters"
    ca_file: str = "the client's `verify`"


#: Settings of a command with ``--host``.
HOST_OPTION = SettingNames(
    "--host", "OPENMETADATA_JWT_TOKEN", "the extra of a connection, given with --openmetadata-conn-id", "--ca-file"
)


def connection_settings(conn_id: str) -> SettingNames:
    """Return what the settings of an Airflow connection are called.

    :param conn_id: id of the connection
    """
    connection = f"connection {conn_id!r}"
    extra = f"the extra of {connection}"
    return SettingNames(
        f"host, port and schema of {connection}", f"the password of {connection}", extra, f"`verify` in {extra}"
    )


class Server(NamedTuple):
    """An OpenMetadata server.

    :param base_url: base URL of its API
    :param settings: settings that lead to it
    """

    base_url: str
    settings: SettingNames = SettingNames()

    def __str__(self) -> str:
        return f"OpenMetadata at {self.base_url}"
