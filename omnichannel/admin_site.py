"""The administration site."""

from django.contrib.admin import AdminSite


class AdministrationSite(AdminSite):
    """Omnichannel Administration."""

    site_header = site_title = "Omnichannel Administration"
    index_title = "Administration"
    site_url = "/desk/"
