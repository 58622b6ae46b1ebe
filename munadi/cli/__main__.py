"""`python -m munadi.cli`: start a command with the Python that runs this process."""

from munadi.cli import main

if __name__ == "__main__":
    main()
