"""HTTP: the web application, the server that takes requests in for it, and the processes that it runs in."""
