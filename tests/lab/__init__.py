"""Real desktops without a screen: servers, windows and voices that the tests start and stop."""
