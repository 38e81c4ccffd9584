# dictate writes its own completion, with the engines that are installed.
dictate completion fish | source
