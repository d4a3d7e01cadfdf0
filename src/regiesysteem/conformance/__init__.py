"""Plays a role of the RZS and ZDS test sets against an endpoint and judges its messages: `regie conformiteit`."""
