"""Runs ``openmetadata-ol`` as ``python -m openmetadata_ol_provider``."""

from __future__ import annotations

import sys

from openmetadata_ol_provider.cli import main

sys.exit(main())
