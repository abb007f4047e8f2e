"""The API under /api/v1/: every resource, tokens, and the schema."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import DefaultRouter

from channels_app.api import SmsNumberViewSet, SmsSettingsViewSet
from channels_app.api_health import ChannelHealthViewSet, IncidentViewSet
from channels_app.api_records import DeliveryViewSet, ProviderCallViewSet, ReceiptViewSet, RefusalViewSet
from channels_app.api_set_up import ProviderAccountViewSet
from channels_app.api_templates import ContentTemplateViewSet
from channels_app.api_whatsapp import WhatsAppAccountViewSet, WhatsAppNumberViewSet
from contacts.api import AccountViewSet
from contacts.erase_api import ErasureViewSet
from contacts.import_api import ImportViewSet
from contacts.merge_api import MergeViewSet
from conversations.api import ConversationViewSet, MessageViewSet
from conversations.api_files import MediaViewSet
from conversations.api_quick_replies import QuickReplyViewSet
from conversations.api_texts import InboundTextViewSet
from omnichannel.audit_log.api import AuditEntryViewSet
from omnichannel.customers.api import AddressViewSet, ContactViewSet
from omnichannel.rule_preview import RoutingRuleViewSet
from omnichannel.try_text import WorkStreamViewSet
from routing.api import AgentViewSet, QueueViewSet
from routing.api_channels import ChannelViewSet

router = DefaultRouter()
router.include_root_view = False
for name, viewset in {
    "work-streams": WorkStreamViewSet,
    "channels": ChannelViewSet,
    "queues": QueueViewSet,
    "routing-rules": RoutingRuleViewSet,
    "agents": AgentViewSet,
    "sms-settings": SmsSettingsViewSet,
    "sms-numbers": SmsNumberViewSet,
    "whatsapp-accounts": WhatsAppAccountViewSet,
    "whatsapp-numbers": WhatsAppNumberViewSet,
    "content-templates": ContentTemplateViewSet,
    "provider-accounts": ProviderAccountViewSet,
    "receipts": ReceiptViewSet,
    "inbound-texts": InboundTextViewSet,
    "refusals": RefusalViewSet,
    "deliveries": DeliveryViewSet,
    "provider-calls": ProviderCallViewSet,
    "incidents": IncidentViewSet,
    "channel-health": ChannelHealthViewSet,
    "accounts": AccountViewSet,
    "contacts": ContactViewSet,
    "addresses": AddressViewSet,
    "imports": ImportViewSet,
    "merges": MergeViewSet,
    "erasures": ErasureViewSet,
    "conversations": ConversationViewSet,
    "messages": MessageViewSet,
    "media": MediaViewSet,
    "quick-replies": QuickReplyViewSet,
    "audit-log": AuditEntryViewSet,
}.items():
    router.register(name, viewset, basename=f"api-{name}")

urlpatterns = [
    path("", include("agents.api_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("", include("omnichannel.configuration.api")),
    path("", include(router.urls)),
]
