"""Pages of the administration that show several rooms together. Importing a module registers its pages."""

from omnichannel import rights_page, routing_rule_page, search_page, try_text, work_stream_page, workers_page
from omnichannel.audit_log import admin as audit_log_pages
from omnichannel.configuration import admin as configuration_pages
from omnichannel.customers import admin as customers

__all__ = [
    "audit_log_pages",
    "configuration_pages",
    "customers",
    "rights_page",
    "routing_rule_page",
    "search_page",
    "try_text",
    "work_stream_page",
    "workers_page",
]
