"""Airflow hook for OpenMetadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseHook

from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


class OpenMetadataHook(BaseHook):
    """Connects to OpenMetadata.

    Fields of the connection: host is the base URL (or a host name, with schema and port), password is the JWT token of
    a bot. Without a scheme, https is used; http has to be given (``http://`` or schema ``http``), except for the
    loopback interface. Keys of extra, all optional: ``verify`` (true, false or the path of a CA file; default true),
    ``client_cert`` and ``client_key`` (paths of PEM files), ``timeout`` (seconds per request; default 30),
    ``max_connections`` (default 8) and ``max_answer_mb`` (largest response in megabytes; default 64).

    :param openmetadata_conn_id: id of the Airflow connection; default: ``openmetadata_default``
    """

    conn_name_attr = "openmetadata_conn_id"
    default_conn_name = "openmetadata_default"
    conn_type = "openmetadata"
    hook_name = "OpenMetadata"

    def __init__(self, openmetadata_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.openmetadata_conn_id = openmetadata_conn_id
        self._client: OpenMetadataClient | None = None
        self._loaded: Any = None

    @staticmethod
    def get_ui_field_behaviour() -> dict[str, Any]:
        """Return the layout of the connection form for Airflow before 3.2; later ones read the provider's metadata."""
        from openmetadata_ol_provider.get_provider_info import CONNECTION_LAYOUT

        return {key.replace("-", "_"): value for key, value in CONNECTION_LAYOUT.items()}

    @staticmethod
    def get_connection_form_widgets() -> dict[str, Any]:
        """Return the fields of extra for the connection form of Airflow before 3.2, with their descriptions."""
        from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
        from flask_babel import lazy_gettext
        from wtforms import StringField

        from openmetadata_ol_provider.get_provider_info import CONNECTION_FIELDS

        # All of them are text, which the hook converts: an empty field of a number would be refused by the form.
        return {
            name: StringField(
                lazy_gettext(field["label"]), description=field["description"], widget=BS3TextFieldWidget()
            )
            for name, field in CONNECTION_FIELDS.items()
        }

    def get_conn(self) -> OpenMetadataClient:
        """Return the client; it is created once per hook.

        :raises ConfigError: if the connection is missing or invalid
        """
        if self._client is None:
            self._client = self._connect()
        return self._client

    async def load_connection(self) -> None:
        """Fetch the connection without blocking the event loop; triggers call this before any other method.

        :raises ConfigError: if the connection is missing
        """
        from airflow.providers.common.compat.sdk import AirflowException

        from openmetadata_ol_provider.hooks._loading import load_connection

        try:
            self._loaded = await load_connection(self, self.openmetadata_conn_id)
        except AirflowException as error:
            raise self._missing(error) from None

    def check(self, config: object = None) -> list[Step]:
        """Check the connection step by step: address, version, health, token, and every required permission.

        :param config: config document, as for the operators; it decides which permissions are required; default: none
        :return: the steps, each (name, passed, detail)
        :raises ConfigError: if the connection or the config is missing or invalid
        """
        from openmetadata_ol_provider.config import load_config
        from openmetadata_ol_provider.openmetadata.admin.connection_check import check_catalogue
        from openmetadata_ol_provider.version_compat import user_variable

        return check_catalogue(self.get_conn(), load_config(config, user_variable))

    def test_connection(self) -> tuple[bool, str]:
        """Run :meth:`check` with the default config and name the failed steps, for the connection form."""
        from openmetadata_ol_provider.openmetadata.admin.check_step import summary

        try:
            return summary(self.check())
        except OpenLineageProviderError as error:
            return False, str(error)

    def register_service(
        self,
        name: str = "openlineage",
        *,
        topic: str | None = None,
        kafka_config_id: str = "kafka_default",
        description: str | None = None,
        update: bool = False,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Create the OpenLineage pipeline service with its Kafka connection, or compare an existing one with it.

        Passwords and private keys are not sent.

        :param name: name of the service; default: ``openlineage``
        :param topic: topic with the events; default: the first of option ``topics``
        :param kafka_config_id: id of Airflow's Kafka connection with brokers, group and security; default:
            ``kafka_default``
        :param description: description of the service; default: none, an existing one stays
        :param update: ``True`` to change the fields that differ in an existing service; default: ``False``
        :param dry_run: ``True`` to only report what would be done; default: ``False``
        :return: ``service`` (FQN), ``id``, ``change`` (created, unchanged, updated, or different: not changed),
            ``differences`` (fields), ``left_out`` (settings of the Kafka connection that are not sent, and why)
        :raises ConfigError: if a connection or the topic is missing or invalid
        :raises CatalogueError: if OpenMetadata refuses
        """
        from openmetadata_ol_provider import conf
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.openmetadata.admin.service_registration import register_service
        from openmetadata_ol_provider.openmetadata.admin.service_spec import service_spec

        client = self.get_conn()
        settings = OpenLineageKafkaHook(kafka_config_id).settings
        topic = topic or next(iter(conf.topics()), "")
        spec = service_spec(settings, topic, client.version, name=name, description=description)
        return register_service(client, spec, update=update, dry_run=dry_run).to_dict()

    def _connect(self) -> OpenMetadataClient:
        from openmetadata_ol_provider.hooks._client_options import client_options
        from openmetadata_ol_provider.hooks._extra import read_extra
        from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
        from openmetadata_ol_provider.openmetadata.client.server import connection_settings
        from openmetadata_ol_provider.openmetadata.client.url import base_url

        connection = self._connection()
        try:
            options = client_options(read_extra(connection))
            host = base_url(connection.host, connection.schema, connection.port)
        except ConfigError as error:
            raise ConfigError(f"connection {self.openmetadata_conn_id!r}: {error}") from None
        settings = connection_settings(self.openmetadata_conn_id)
        return OpenMetadataClient(host, connection.password or None, settings=settings, **options)

    def _connection(self) -> Any:
        from airflow.providers.common.compat.sdk import AirflowException

        if self._loaded is not None:
            return self._loaded
        try:
            return self.get_connection(self.openmetadata_conn_id)
        except AirflowException as error:
            raise self._missing(error) from None

    def _missing(self, error: Exception) -> ConfigError:
        from airflow.providers.common.compat.sdk import AirflowNotFoundException

        from openmetadata_ol_provider.hooks._extra import unreadable_variable

        unreadable = unreadable_variable(self.openmetadata_conn_id)
        if unreadable:
            return ConfigError(f"connection {self.openmetadata_conn_id!r}: {unreadable}")
        is_unknown = isinstance(error, AirflowNotFoundException)
        what = "does not exist" if is_unknown else f"cannot be read ({type(error).__name__})"
        return ConfigError(
            f"connection {self.openmetadata_conn_id!r} {what}; create it, e.g.: "
            f"airflow connections add {self.openmetadata_conn_id} --conn-type openmetadata --conn-host "
            "https://openmetadata.example.com:8585 --conn-password <JWT token of a bot>"
        )
