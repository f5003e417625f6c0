"""The WSGI application, for gunicorn and any other server: `cds_service.wsgi:app`."""

import gc
import os
import sys

from cds_service import log
from cds_service.app import create_app
from cds_service.services import open_services
from cds_service.settings import SettingsError, read_settings
from model.guideline.library import GuidelineError
from model.guideline.releases import ReleaseError

_UNUSABLE = 3
"""The exit status that tells gunicorn not to start the worker again."""

try:
    _settings = read_settings()
    log.configure(_settings.log_level)
    _services = open_services(_settings)
except (GuidelineError, ReleaseError, SettingsError) as error:
    print(f"Error: the service cannot start: {error}", file=sys.stderr)  # noqa: T201 - no log may be set up yet
    sys.exit(_UNUSABLE)
app = create_app(_services)
if _services.imported:
    os.register_at_fork(after_in_child=_services.imported.watch)

# The library and the tables live as long as the process: the collector need not look through them again, and
# workers that are forked from here go on sharing their memory.
gc.collect()
gc.freeze()
