"""The CDS Hooks service: parse, assess, record, render; with Flask and gunicorn."""
