"""SOAP: envelopes, faults, attachments and the published contract, on spyne."""
