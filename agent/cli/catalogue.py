"""`stillopen catalogue`: items from CSV into the catalogue, and what is in it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import out
from agent.config import load
from outbox import money
from outbox.catalogue import Catalogue, CatalogueError
from outbox.item import kept_here_words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from agent.places import Places
    from outbox.catalogue_import import ImportResult
    from outbox.item import Item

FOUND_MAX = 50  # items listed for one search; who needs more types another word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    importing = actions.add_parser(
        "import",
        help="items from a CSV file, all or nothing",
        description="Import items from a CSV file, all or nothing. Items the file does not name stay, and so do the "
        "columns it does not have. Columns, in any order: sku, name, price (these three required), tax, barcode "
        "(several separated by |), category, unit (each or kg), stock, min_age (years), track (lot or serial), "
        "deposit, deposit_tax.",
    )
    importing.add_argument("file", metavar="FILE", type=Path, help="the CSV file, in UTF-8")
    importing.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    searching = actions.add_parser("search", help="find items by name, category, sku or barcode")
    searching.add_argument("text", metavar="TEXT", nargs="+", help="words, or the beginnings of some")
    showing = actions.add_parser("show", help="one item, with everything known about it")
    showing.add_argument("sku", metavar="SKU", help="the item's sku, as `catalogue search` shows it")
    for action in (importing, searching, showing):
        action.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what `action` says. Exit 1: rows are wrong, or nothing was found."""
    try:
        return asyncio.run(_run(args, places))
    except CatalogueError as error:
        raise out.CommandError(str(error), hint=error.hint) from error


async def _run(args: argparse.Namespace, places: Places) -> int:
    config = load(places.config, need_secrets=False)
    catalogue = Catalogue(places.state)
    await catalogue.open()
    try:
        if catalogue.trouble:
            out.complain(catalogue.trouble)
        if args.action == "import":
            taxes = [tax.code for tax in config.taxes]
            try:
                result = await catalogue.import_csv(
                    args.file, currency=config.store.currency, taxes=taxes, dry_run=args.dry_run
                )
            except OSError as error:
                raise out.CommandError(
                    f"{args.file} cannot be read ({error.strerror})", hint="name a CSV file", code=out.WRONG
                ) from error
            return _imported(result, args)
        if args.action == "search":
            return _found(catalogue.search(" ".join(args.text), FOUND_MAX), args, config.store.currency)
        return _shown(catalogue.item(args.sku), args, config.store.currency)
    finally:
        await catalogue.close()


def _imported(result: ImportResult, args: argparse.Namespace) -> int:
    if args.json:
        out.say_json(result.to_json())
        return out.OK if result.ok else out.FAILED
    for problem in result.problems:
        out.complain_plainly(f"{args.file}: {problem}")
    if not result.ok:
        count = len(result.problems) + result.problems_unnamed
        unnamed = f", {result.problems_unnamed} of them not named above" if result.problems_unnamed else ""
        out.complain(
            f"nothing was imported: {count} problem{'s' if count > 1 else ''} in {args.file}{unnamed}",
            "mend the rows named above and import the file again",
        )
        return out.FAILED
    counts = f"{result.added} added, {result.changed} changed, {result.unchanged} unchanged"
    out.say(f"{args.file}: {'would be ' if args.dry_run else ''}{counts}")
    if result.kept_here:
        out.complain(kept_here_words(result.kept_here))
    return out.OK


def _found(items: Sequence[Item], args: argparse.Namespace, currency: str) -> int:
    if args.json:
        out.say_json({"items": [item.to_json() for item in items]})
    else:
        for item in items:
            out.say(f"{item.sku}  {item.name}  {money.format_amount(item.price, currency)} {currency}")
    if items:
        return out.OK
    out.complain(
        "nothing found", "type the beginning of a word, two letters or more, or `stillopen catalogue import FILE` first"
    )
    return out.FAILED


def _shown(item: Item | None, args: argparse.Namespace, currency: str) -> int:
    if item is None:
        raise out.CommandError(
            f"no item has the sku {args.sku!r}", hint="`stillopen catalogue search TEXT` finds items by name"
        )
    if args.json:
        out.say_json(item.to_json())
        return out.OK
    out.say(f"{item.sku}  {item.name}")
    for word, value in (
        ("price", f"{money.format_amount(item.price, currency)} {currency} per {item.unit}"),
        ("deposit", None if item.deposit is None else f"{money.format_amount(item.deposit, currency)} {currency}"),
        ("tax", item.tax),
        ("category", item.category),
        ("stock", item.stock),
        ("min age", item.min_age),
        ("track", item.track),
        ("barcodes", ", ".join(item.barcodes)),
    ):
        out.say(f"  {word:<9} {'-' if value in {None, ''} else value}")
    return out.OK
