"""People who use the pages: their accounts, roles and sessions, and what a role may do with a plan."""
