# dictatectl writes its own completion, with the engines that are installed.
dictatectl completion fish | source
