"""``openmetadata-ol sandbox``: an embedded broker and an OpenMetadata stand-in to try the provider against."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

from openmetadata_ol_provider.exceptions import ConfigError

TOPIC = "openlineage.events"
PARTITIONS = 3
_TOKEN = "sandbox-token"  # noqa: S105 - the stand-in's, which is reachable from this machine only


def sandbox_command(arguments: Namespace) -> int:
    """Run until it is interrupted; the settings for Airflow go to stdout, everything else to stderr.

    :return: exit code 0
    :raises ConfigError: if a port is in use
    """
    from openmetadata_ol_provider.sandbox.broker import KafkaBroker
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
    from openmetadata_ol_provider.sandbox.catalogue_page import PageServer
    from openmetadata_ol_provider.sandbox.feed import CAPTURES, captured, feed
    from openmetadata_ol_provider.sandbox.live_feed import LiveFeed

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    seed = files("openmetadata_ol_provider.sandbox") / "data" / "catalogue.json"
    with ExitStack() as running:
        broker = running.enter_context(KafkaBroker({TOPIC: PARTITIONS}))
        try:
            catalogue = running.enter_context(CatalogueServer(Path(str(seed)), token=_TOKEN, port=arguments.port))
            page = running.enter_context(PageServer(catalogue, arguments.page_port))
        except OSError as error:
            raise ConfigError(
                f"--port {arguments.port}, --page-port {arguments.page_port}: {error.strerror}; give free ports, or 0"
            ) from None
        for line in export_lines(broker.bootstrap, catalogue.url):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        _say(f"broker (librdkafka's mock cluster)   {broker.bootstrap}, topic {TOPIC}, {PARTITIONS} partitions")
        _say(f"OpenMetadata stand-in (sandbox)      {catalogue.url}")
        _say(f"what the catalogue contains          {page.url}")
        if arguments.feed:
            for producer, name in CAPTURES.items():
                _say(f"{feed(broker.bootstrap, TOPIC, captured(name)):4d} events sent                     {producer}")
        if arguments.rate is not None:
            live = running.enter_context(LiveFeed(broker.bootstrap, TOPIC, arguments.rate, _report_end_of_feed))
            _say(f"events per second, as new runs       {live.rate:g}")
        _say("run the export lines in the shell that starts Airflow; Ctrl-C ends the sandbox and forgets all of it")
        stopped.wait()
    return 0


def export_lines(bootstrap: str, url: str) -> Iterator[str]:
    """Yield the lines that a shell takes to make Airflow use the sandbox.

    :param bootstrap: ``host:port`` of the broker
    :param url: base URL of the catalogue
    """
    kafka = {"bootstrap.servers": bootstrap, "auto.offset.reset": "earliest"}
    variables = {
        "AIRFLOW_CONN_KAFKA_DEFAULT": json.dumps({"conn_type": "kafka", "extra": kafka}),
        "AIRFLOW_CONN_OPENMETADATA_DEFAULT": json.dumps({"conn_type": "openmetadata", "host": url, "password": _TOKEN}),
        "AIRFLOW__OPENMETADATA_OL__TOPICS": TOPIC,
    }
    for name, value in variables.items():
        yield f"export {name}={shlex.quote(value)}"


def _report_end_of_feed(error: Exception) -> None:
    _say(f"no more events are sent: {error}")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
