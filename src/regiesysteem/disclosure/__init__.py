"""The answer to an inzageverzoek (AVG 15): what is kept of a person, as files that a person can read and decide on."""
