"""The zakenmagazijn: tables, rules and queries of zaken; knows no XML and no HTTP."""
