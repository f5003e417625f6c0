"""The WSGI application, for gunicorn and any other server: `cds_service.wsgi:app`."""

import gc

from cds_service import log
from cds_service.app import create_app
from cds_service.services import open_services
from cds_service.settings import read_settings

_settings = read_settings()
log.configure(_settings.log_level)
app = create_app(open_services(_settings))

# The library and the tables live as long as the process: the collector need not look through them again, and
# workers that are forked from here go on sharing their memory.
gc.collect()
gc.freeze()
