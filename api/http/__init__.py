"""What HTTP asks of every request and response, whatever the route: bodies, addresses, cookies, problems, pages."""
