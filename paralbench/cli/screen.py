"""Screen recordings with a bundle: a row for each, a report, and reasons where there is no score."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from paralbench.cli import options
from paralbench.records.errors import UsageError
from paralbench.screening.language import LANGUAGES

EXAMPLE = "paralbench screen screener.plb recordings/ -o report/"
_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add = parser.add_argument
    add("bundle", nargs="?", type=Path, metavar="BUNDLE", help="the screener, a .plb file")
    add("recordings", nargs="*", type=Path, metavar="RECORDINGS",
        help="folders, audio files, or CSVs with a column 'path'")  # fmt: skip
    add("-o", "--output", type=Path, metavar="DIR", help="the folder for the report")
    add(
        "--truth",
        metavar="COLUMN",
        help="column of the CSV with the true label: evaluate the screener",
    )
    add("--patient", metavar="COLUMN",
        help="column of the CSV with the patient (default: one patient per recording)")  # fmt: skip
    add("--pseudonymise", action="store_true", help="salted hashes instead of names in all reports")
    add("--salt", type=Path, metavar="FILE",
        help="the salt, 32 random bytes or more (default: created in the report's folder)")  # fmt: skip
    add(
        "--key-table",
        type=Path,
        metavar="FILE",
        help="write the table of names and pseudonyms to this file",
    )
    add("--prevalence", type=options.share, metavar="SHARE",
        help="share of people who have it where you screen, such as 0.1: predictive values")  # fmt: skip
    add("--language", choices=LANGUAGES, metavar="CODE",
        help=f"of report and page: {', '.join(LANGUAGES)} (default: en; with --serve the browser's)")  # fmt: skip
    add("--fhir", action="store_true", help="also write fhir.json, an HL7 FHIR R4 bundle")
    add(
        "--workers",
        type=int,
        metavar="N",
        help="processes (default: one for four cores, at most one for four recordings)",
    )
    add("--sha256", metavar="HEX", help="refuse the bundle unless this is its sha256")
    add("--weights", type=Path, metavar="DIR",
        help="the encoder's weights, if they are neither in the bundle nor installed")  # fmt: skip
    add("--sign", type=Path, metavar="KEY.pem",
        help="sign the report's closing with this private Ed25519 key (extra 'sign')")  # fmt: skip
    add("--signed-by", type=Path, metavar="PUBLIC.pem",
        help="refuse the bundle, or with --check the report, unless signed with this key")  # fmt: skip
    add("--exact", action="store_true",
        help="compute the encoder as it was validated, not the faster way that the bundle holds")  # fmt: skip
    add("--serve", action="store_true",
        help="open a page, reachable from this computer only, to drop recordings on")  # fmt: skip
    add("--verify-audit", type=Path, metavar="DIR",
        help="only check whether the audit log of this report is intact")  # fmt: skip
    add("--check", type=Path, metavar="DIR",
        help="only check what was changed in this report since its run ended")  # fmt: skip
    add(
        "--closing", metavar="HEX", help="with --check: the closing's sha256, as the run printed it"
    )
    options.add_catalog(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Screen; exit code 1 where a recording has no score, or an audit log is not intact."""
    if args.verify_audit is not None:
        return _verify(args.verify_audit, args.json)
    if args.check is not None:
        return _compare(args.check, args.signed_by, args.closing, args.json)
    _check(args)
    args.output.mkdir(parents=True, exist_ok=True)
    # Packages that look for a temporary folder when imported must find no other than this.
    tempfile.tempdir = str(args.output.resolve())
    from paralbench.screening import closing
    from paralbench.screening.batch import Settings, screen
    from paralbench.screening.output_folder import write
    from paralbench.screening.screener_source import open_bundle
    from paralbench.system import signing
    from paralbench.system.folder_lock import Lock

    if args.sign is not None:
        signing.check_key(args.sign)
    source = open_bundle(args.bundle, args.sha256, args.weights, tuple(args.catalog), args.exact)
    signer = signing.verified(args.bundle, signing.BUNDLE, source.sha256, args.signed_by)
    if args.serve:
        from paralbench.screening.local_page import serve

        with Lock(args.output):
            code = serve(source, args.output, options.say, language=args.language)
            closing.close(args.output, source.sha256, 0, args.sign)
            return code
    settings = Settings(
        truth=args.truth,
        patient=args.patient,
        pseudonymise=args.pseudonymise,
        salt=args.salt,
        key_table=args.key_table,
        workers=args.workers,
        prevalence=args.prevalence,
        language=args.language or "en",
    )
    with Lock(args.output):
        batch = screen(source, args.recordings, args.output, settings)
        now = datetime.now().astimezone()
        report = write(source, batch, args.output, settings, now, args.fhir)
        closed = closing.close(args.output, source.sha256, len(batch.rows), args.sign)
    counts = batch.counts
    if batch.damaged:
        options.say(f"{batch.damaged} damaged journal lines: their recordings were scored again")
    if args.json:
        content = {
            "counts": counts, "states": {str(state): count for state, count in report.counts},
            "expected": None if report.expected is None else asdict(report.expected),
            "verdict": None if report.verdict is None else asdict(report.verdict),
            "fresh": batch.fresh, "computed": list(batch.computed), "bundle": source.sha256,
            "audit": batch.audit, "closing": closed, "signed_by": signer, "drift": report.drift.model_dump(),
            "not_scored": [{"id": row.id, "cause": row.assessment.cause, "reason": row.assessment.reason}
                           for row in batch.rows if row.assessment.status == "not scored"],
            "report": str(args.output / "report.html"),
        }  # fmt: skip
        print(json.dumps(content, indent=1))
    else:
        print(f"{len(batch.rows)} recordings ({batch.fresh} examined in this run)")
        for state, count in report.counts:
            print(f"  {count} {state}")
        if report.verdict is not None:
            print(f"on these patients: {report.verdict.use}")
            for sentence in (*report.verdict.why, *report.verdict.measured):
                print(f"  {sentence}")
        print(f"{args.output / 'report.html'}\naudit log's last line: {batch.audit}")
        print(f"closing (keep it elsewhere, for --check): {closed}")
        if signer is not None:
            print(f"the bundle is signed with the key {signer}")
    if report.drift.warns:
        options.say(
            "These recordings differ from the validation data; see the report's first page."
        )
    unscored = [row for row in batch.rows if row.assessment.status == "not scored"]
    if unscored and not args.json:
        causes = Counter(row.assessment.cause for row in unscored)
        summary = ", ".join(f"{cause} {count}" for cause, count in causes.most_common())
        options.say(f"{len(unscored)} not scored ({summary}):")
        for row in unscored[:_SHOWN]:
            options.say(f"  {row.id!r}: {row.assessment.reason}")
        if len(unscored) > _SHOWN:
            options.say(f"  and {len(unscored) - _SHOWN} more, all in results.csv")
    return 1 if unscored else 0


def _check(args: argparse.Namespace) -> None:
    if args.bundle is None:
        raise UsageError(f"give a bundle and recordings: {EXAMPLE}")
    if args.output is None:
        raise UsageError("give -o DIR, the folder for the report.")
    if args.serve == bool(args.recordings):
        raise UsageError("give recordings, or --serve, not both.")
    if args.workers is not None and args.workers < 1:
        raise UsageError(f"--workers expects 1 or more, got {args.workers}.")
    if args.serve and (args.pseudonymise or args.truth or args.fhir):
        raise UsageError("--serve takes none of --truth, --pseudonymise and --fhir.")
    if not args.pseudonymise and (args.salt or args.key_table):
        raise UsageError("--salt and --key-table need --pseudonymise.")


def _compare(folder: Path, trusted: Path | None, expected: str | None, as_json: bool) -> int:
    from paralbench.screening.closing import check

    checked = check(folder, trusted, expected)
    if as_json:
        print(json.dumps({"intact": not checked.changes, **asdict(checked)}))
    else:
        for change in checked.changes:
            print(f"{folder}: {change}.")
        if not checked.changes:
            signed = f", signed with the key {checked.signed_by}" if checked.signed_by else ""
            print(f"{folder}: nothing was changed since the run ended{signed}.")
    return 1 if checked.changes else 0


def _verify(folder: Path, as_json: bool) -> int:
    from paralbench.screening.audit import verify
    from paralbench.screening.journal import audited

    verdict = verify(folder, audited(folder))
    if as_json:
        print(json.dumps({"intact": verdict.intact, "line": verdict.line, "said": verdict.message}))
    else:
        print(f"{folder}: {verdict.message}")
    return 0 if verdict.intact else 1
