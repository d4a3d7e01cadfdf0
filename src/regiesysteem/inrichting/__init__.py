"""The municipality's configuration: what the TOML may say, what the database keeps, and how a process looks at it.

``model`` and ``controles`` say what is right, ``bestand`` reads a file, ``laden`` brings it into the database,
``tabellen`` are its tables, ``overname`` adds what a message taught, ``actueel`` is the view of the message path,
``statussen`` finds a statustype, ``opdrachten`` are the commands. Messages that people see are in Dutch.
"""
