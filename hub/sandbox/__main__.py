"""`python -m hub.sandbox`: the vendors as a process."""

from hub.sandbox.server import main

raise SystemExit(main())
