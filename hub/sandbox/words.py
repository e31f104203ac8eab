"""Words the world is made of: invented companies, names of many scripts, things people write."""

from __future__ import annotations

PLACES = (
    ("DE", "Berlin", "Europe/Berlin", "EUR", "+49 30 5550"),
    ("GB", "Leeds", "Europe/London", "GBP", "+44 113 496 0"),
    ("US", "Portland", "America/Los_Angeles", "USD", "+1 503 555 0"),
    ("FR", "Lyon", "Europe/Paris", "EUR", "+33 4 65 71 0"),
    ("IN", "Pune", "Asia/Kolkata", "USD", "+91 20 5550 "),
    ("JP", "Osaka", "Asia/Tokyo", "JPY", "+81 6 5550 0"),
    ("AU", "Adelaide", "Australia/Adelaide", "AUD", "+61 8 5550 0"),
    ("BR", "Recife", "America/Recife", "USD", "+55 81 5550 0"),
    ("PL", "Łódź", "Europe/Warsaw", "EUR", "+48 42 555 0"),
    ("KW", "Kuwait City", "Asia/Kuwait", "USD", "+965 2555 0"),
)
STEMS = (
    "Bramblecart", "Fernwick", "Quillmark", "Tidewell", "Ostrava Glass", "Larkspur Foods",
    "Pinnadale", "Copperlane", "Mossgate", "Halden Freight", "Vireo Health", "Brightmoor",
    "Brightmoor Retail", "Kestrelyn", "Dunmere", "Solvanta", "Ivoryfield", "Škoda Ručníky",
    "Averline", "Nullbrook", "Thornbury Press", "Gallowmere", "Riverstead", "Cloudhusk",
    "Emberlow", "Supernovum", "Wexcombe", "Oldhaven", "Palisander", "Deskonly Labs",
    "Marrowby", "Planworks Studio", "Cinderford", "Xrefton", "Juniper Row", "Northgale Group",
    "Northgale Nordic", "山田製作所", "Zephyrine", "Grandiloquent Consolidated Instruments",
    "Tallowick", "Kiribay Divers", "Orchid & Sons", "Prospectra", "Lumenthal", "Ashdown Rail",
    "Castellane", "Bäckerei Müller", "Petrichor", "Windlestone", "Saffrondale", "Ravenglass",
    "Hollowick", "Meridianne", "Truffaut Optics", "Yarrowgate", "Coralwick", "Eastmarch",
    "Jade Harbour", "Vantrell",
)  # fmt: skip
LEGAL = {
    "DE": "GmbH", "GB": "Ltd", "US": "Inc.", "FR": "SAS", "IN": "Pvt. Ltd.", "JP": "株式会社",
    "AU": "Pty Ltd", "BR": "Ltda.", "PL": "Sp. z o.o.", "KW": "W.L.L.",
}  # fmt: skip
INDUSTRIES = ("Retail", "Logistics", "Healthcare", "Manufacturing", "Education", "Media", "Travel")
FIRST = (
    "Anna", "Łukasz", "Priya", "Jürgen", "Siobhán", "Mateus", "Yuki", "Chloé", "Omar", "Ngozi",
    "Björn", "Zoë", "Dmitri", "Mei", "Ahmed", "Grace", "Tomáš", "Ines", "Ravi", "Élodie",
)  # fmt: skip
LAST = (
    "Novak", "O'Brien", "Müller", "García", "Sato", "van der Berg", "Kowalska", "Okafor", "Singh",
    "Dubois", "Ødegård", "Santos", "Ivanova", "Al-Sabah", "Smith", "Jónsdóttir", "Rossi", "Nguyen",
)  # fmt: skip
TITLES = (
    ("Head of Operations", "Operations", "decision_maker"),
    ("IT Manager", "IT", "admin"),
    ("Customer Care Lead", "Support", "champion"),
    ("CFO", "Finance", "economic_buyer"),
    ("Analyst", "Operations", "end_user"),
    ("Accounts Payable", "Finance", "billing"),
    ("Team Lead", "Sales", "end_user"),
    (None, None, None),
)
SUBJECTS = (
    ("Export to CSV stops at 10,000 rows", "incident"),
    ("How do I add a colleague?", "question"),
    ("Login loop after password reset", "incident"),
    ("Dashboard shows yesterday’s numbers", "problem"),
    ("Please add dark mode 🌙", "feature_request"),
    ("Umlaute in Rechnungen kaputt: Ã¤ statt ä", "problem"),
    ("Invoice address needs changing", "task"),
    ("API answers 500 on large uploads", "incident"),
    ("Webhook arrives twice", "problem"),
    ("Question about seat licences", "question"),
    ("Single sign-on with our identity provider", "question"),
    ("Report is slow since Monday", "problem"),
)
ISSUES = (
    ("Stream large exports instead of buffering", "bug"),
    ("Session cookie lost on redirect", "bug"),
    ("Dark theme", "feature"),
    ("Recode invoices to UTF-8", "bug"),
    ("Retry uploads in parts", "feature"),
    ("Deduplicate outgoing webhooks", "bug"),
    ("Upgrade the report engine", "task"),
    ("Identity provider metadata import", "feature"),
)
TASKS = (
    ("Kick-off call", "milestone"),
    ("Import customer data", "task"),
    ("Train administrators", "task"),
    ("Sign off go-live", "approval"),
    ("Quarterly review deck", "task"),
    ("Roll out to second team", "milestone"),
    ("Collect success criteria", "task"),
    ("Set up single sign-on", "task"),
)
TOUCHES = ("Quarterly review", "Check-in", "Renewal talk", "Roadmap walk-through", "Training")
COMMENTS = (
    "Quick and friendly",
    "Took too long",
    None,
    "Danke, alles gut 👍",
    None,
    "Still broken",
)
USERS = (
    ("Clara Whitfield", "csm", "Europe/London"), ("Deniz Aydın", "csm", "Europe/Berlin"),
    ("Marisol Vega", "csm", "America/New_York"), ("Kenji Mori", "csm", "Asia/Tokyo"),
    ("Aoife Byrne", "agent", "Europe/Dublin"), ("Samir Haddad", "agent", "Asia/Kuwait"),
    ("Lena Petrova", "agent", "Europe/Warsaw"), ("Joao Pires", "agent", "America/Recife"),
    ("Noor de Wit", "engineer", "Europe/Amsterdam"), ("Ike Adeyemi", "engineer", "Africa/Lagos"),
    ("Ruth Katz", "engineer", "America/Chicago"), ("Former Colleague", "agent", "Europe/London"),
)  # fmt: skip
HOME_DOMAIN = "heliotrope-software.com"
