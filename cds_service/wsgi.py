"""The WSGI application, for gunicorn and any other server: `cds_service.wsgi:app`."""

from cds_service import log
from cds_service.app import create_app
from cds_service.services import open_services
from cds_service.settings import read_settings

_settings = read_settings()
log.configure(_settings.log_level)
app = create_app(open_services(_settings))
