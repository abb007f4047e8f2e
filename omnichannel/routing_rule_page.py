"""The page of a routing rule item, with what conversations tell of it."""

from django.contrib import admin

from routing.admin_rules import RoutingRuleAdmin
from routing.models import RoutingRule


@admin.register(RoutingRule)
class RoutingRulePage(RoutingRuleAdmin):
    """A routing rule item, with what conversations tell of it."""
