"""The zakenmagazijn: tables, rules and queries of zaken; no HTTP, and no XML but the criteria of questions."""
