"""The pages for people: regisseurs, teams, functional managers and privacy officers."""
