"""An authenticator app for the tests: keeps the address it is given, and shows codes that it has not shown before.

    authenticator.py enrol FOLDER    keeps the otpauth address of standard input
    authenticator.py code FOLDER     prints six digits

The emulators accept any code, and the seeds of one of them are no base32, so the codes are not computed from the seed.
"""

import sys
from pathlib import Path


def main():
    task, folder = sys.argv[1], Path(sys.argv[2])
    {"enrol": enrol, "code": code}[task](folder)


def enrol(folder):
    (folder / "otpauth").write_text(sys.stdin.read().strip(), encoding="utf-8")


def code(folder):
    if not (folder / "otpauth").exists():
        sys.exit("Nothing is enrolled.")
    shown = folder / "shown"
    number = int(shown.read_text(encoding="utf-8")) + 1 if shown.exists() else 1
    shown.write_text(str(number), encoding="utf-8")
    print(f"{number:06}")


if __name__ == "__main__":
    main()
