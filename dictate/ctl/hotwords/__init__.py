"""`dictatectl hotwords`: the commands about the user's own words."""
