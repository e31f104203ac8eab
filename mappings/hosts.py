"""Domains that many organisations share, each with the reason why it identifies none of them.

The Public Suffix List already splits hosts such as `acme.myshopify.com` by customer; listed here
are those it folds into the vendor's own domain. A domain covers every host below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TENANT_OF_VENDOR = "every customer of this vendor has a host below it"
SOCIAL = "a profile on a social network, not the organisation's own site"
SITE_BUILDER = "a page on a shared publishing service"
LINK = "a link shortener or shared directory"
MAIL_RELAY = "a relay address of a person, not an organisation's mail"
FREE_MAIL = "a free mail service; anyone may have an address there"
PLACEHOLDER = "a placeholder, not a real domain"
PRIVATE_NAME = "a name that only means something inside one network"

SHARED_HOSTS: Mapping[str, str] = MappingProxyType(
    {
        "onmicrosoft.com": TENANT_OF_VENDOR,
        "sharepoint.com": TENANT_OF_VENDOR,
        "atlassian.net": TENANT_OF_VENDOR,
        "jira.com": TENANT_OF_VENDOR,
        "zendesk.com": TENANT_OF_VENDOR,
        "freshdesk.com": TENANT_OF_VENDOR,
        "myfreshworks.com": TENANT_OF_VENDOR,
        "salesforce.com": TENANT_OF_VENDOR,
        "force.com": TENANT_OF_VENDOR,
        "my.site.com": TENANT_OF_VENDOR,
        "sugarondemand.com": TENANT_OF_VENDOR,
        "slack.com": TENANT_OF_VENDOR,
        "okta.com": TENANT_OF_VENDOR,
        "auth0.com": TENANT_OF_VENDOR,
        "intercom-mail.com": TENANT_OF_VENDOR,
        "helpscoutapp.com": TENANT_OF_VENDOR,
        "helpscout.net": TENANT_OF_VENDOR,
        "hs-sites.com": TENANT_OF_VENDOR,
        "hubspotpagebuilder.com": TENANT_OF_VENDOR,
        "bamboohr.com": TENANT_OF_VENDOR,
        "workday.com": TENANT_OF_VENDOR,
        "service-now.com": TENANT_OF_VENDOR,
        "statuspage.io": TENANT_OF_VENDOR,
        "gitbook.io": TENANT_OF_VENDOR,
        "facebook.com": SOCIAL,
        "instagram.com": SOCIAL,
        "linkedin.com": SOCIAL,
        "pinterest.com": SOCIAL,
        "tiktok.com": SOCIAL,
        "twitter.com": SOCIAL,
        "vk.com": SOCIAL,
        "x.com": SOCIAL,
        "xing.com": SOCIAL,
        "youtube.com": SOCIAL,
        "docs.google.com": SITE_BUILDER,
        "sites.google.com": SITE_BUILDER,
        "business.site": SITE_BUILDER,
        "medium.com": SITE_BUILDER,
        "notion.site": SITE_BUILDER,
        "squarespace.com": SITE_BUILDER,
        "substack.com": SITE_BUILDER,
        "tumblr.com": SITE_BUILDER,
        "wix.com": SITE_BUILDER,
        "wixsite.com": SITE_BUILDER,
        "wordpress.com": SITE_BUILDER,
        "bit.ly": LINK,
        "calendly.com": LINK,
        "goo.gl": LINK,
        "linktr.ee": LINK,
        "maps.app.goo.gl": LINK,
        "appleid.com": MAIL_RELAY,
        "duck.com": MAIL_RELAY,
        "mozmail.com": MAIL_RELAY,
        "relay.firefox.com": MAIL_RELAY,
        "simplelogin.com": MAIL_RELAY,
        "hey.com": FREE_MAIL,
        "tuta.com": FREE_MAIL,
        "tuta.io": FREE_MAIL,
        "tutanota.com": FREE_MAIL,
        "tutanota.de": FREE_MAIL,
        "example.com": PLACEHOLDER,
        "example.net": PLACEHOLDER,
        "example.org": PLACEHOLDER,
        "domain.com": PLACEHOLDER,
        "none.com": PLACEHOLDER,
        "test.com": PLACEHOLDER,
        "corp": PRIVATE_NAME,
        "home": PRIVATE_NAME,
        "internal": PRIVATE_NAME,
        "intranet": PRIVATE_NAME,
        "invalid": PRIVATE_NAME,
        "lan": PRIVATE_NAME,
        "local": PRIVATE_NAME,
        "localdomain": PRIVATE_NAME,
        "localhost": PRIVATE_NAME,
        "onion": PRIVATE_NAME,
    }
)

ROLE_NAMES: frozenset[str] = frozenset(
    {
        "abuse", "account", "accounting", "accounts", "admin", "administrator", "ap", "ar",
        "billing", "careers", "contact", "customercare", "customerservice", "donotreply",
        "enquiries", "enquiry", "feedback", "finance", "hello", "help", "helpdesk", "hostmaster",
        "hr", "info", "inquiries", "invoice", "invoices", "it", "jobs", "legal", "mail",
        "mailer-daemon", "marketing", "news", "newsletter", "no-reply", "noreply",
        "notifications", "office", "operations", "ops", "orders", "payments", "payroll",
        "postmaster", "press", "privacy", "procurement", "purchasing", "reception", "root",
        "sales", "security", "service", "servicedesk", "subscriptions", "support", "team", "tech",
        "webmaster",
    }
)  # fmt: skip
"""Local parts that stand for a desk; no person is identified by them."""
