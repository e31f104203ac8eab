"""What an account allows: requests a second; Stripe's answers do not say what is left.

Facts: docs.stripe.com/rate-limits: 100 a second live and 25 in test mode, 25 for one endpoint.
"""

from __future__ import annotations

from hub.api import Limits, Rate

LIMITS = Limits(rates=(Rate(20, 1.0),))
