"""`python -m bench.security`: the tables in Markdown; exit 1 if an injection had an effect nobody was asked about."""

from bench.security.tables import main

raise SystemExit(main())
