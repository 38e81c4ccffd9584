"""`python -m dictate` is `dictate`."""

from dictate.cli import main

if __name__ == "__main__":
    main()
