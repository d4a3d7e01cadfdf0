"""The municipality's configuration: the TOML, the tables that keep it, and the view that a process has of it.

``model`` and ``fields`` declare the TOML, ``check`` has the rules between its tables and the Dutch messages, ``load``
brings a file into the database, ``tables`` are its tables, ``current`` is the view of the message path, ``leniency``
judges what a sender deviates in, ``secrets`` reads passwords, ``cli`` has the commands.
"""
