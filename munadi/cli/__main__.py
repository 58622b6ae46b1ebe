"""`python -m munadi.cli`, for those who start a process with the very Python they run on."""

from munadi.cli import main

if __name__ == "__main__":
    main()
