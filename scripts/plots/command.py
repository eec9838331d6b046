"""The command line that all figures share."""

import argparse
from pathlib import Path

import pandas as pd


def run(draw, description):
    """Reads the table named on the command line and draws it into a folder."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("table", type=Path, help="CSV of a study")
    parser.add_argument("-o", "--out", type=Path, default=Path(), help="folder for PDF, PNG and CSV")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    draw(pd.read_csv(arguments.table), arguments.out)
