"""Train one head at several sites: sums and weights are exchanged as signed files, never recordings."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from paralbench.cli import options
from paralbench.cli.bundle import deliver
from paralbench.records.errors import UsageError
from paralbench.system.text_table import columns, terminal_width

if TYPE_CHECKING:
    from paralbench.federation.study import Study
    from paralbench.federation.trial import Trial

EXAMPLE = (
    "paralbench federate key berlin.pem\n"
    "  paralbench federate init STUDY --task svd-health --model whisper-tiny.en --key coordinator.pem "
    "--site berlin=berlin.pub.pem --site leeds=leeds.pub.pem\n"
    "  paralbench federate answer STUDY --site berlin --data DIR --key berlin.pem "
    "--trust coordinator.pub.pem --wait 3600\n"
    "  paralbench federate combine STUDY --key coordinator.pem --wait 3600\n"
    "  paralbench federate bundle STUDY --site berlin --data DIR --trust coordinator.pub.pem -o x.plb\n"
    "  paralbench federate trial --task game-voices-affect --model log-mel --sites 3"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's actions, each with its own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=text, description=text)
        made.add_argument("--debug", action="store_true", help="show the traceback of an error")
        return made

    key = action("key", "everybody: write a private key FILE.pem and FILE.pub.pem, to be passed on")
    key.add_argument("file", type=Path, metavar="FILE.pem")

    init = action("init", "coordinator: write and sign the plan of a study")
    _add_study(init)
    _add_key(init)
    _add_entry(init)
    init.add_argument("--site", action="append", default=[], metavar="NAME=FILE.pub.pem",
                      help="a site and its public key (two or more)")  # fmt: skip
    init.add_argument("--class", action="append", default=[], metavar="NAME", dest="classes",
                      help="the classes in order, where the task's card lists none")  # fmt: skip
    init.add_argument("--seeds", type=int, default=1, metavar="N",
                      help="networks that are averaged over (mlp; default: 1)")  # fmt: skip
    init.add_argument("--least", type=int, metavar="N",
                      help="speakers that a site needs to take part (default: 10)")  # fmt: skip
    init.add_argument("--bunch", type=int, metavar="N",
                      help="speakers in the smallest sum that leaves a site (default: 3)")  # fmt: skip

    answer = action("answer", "site: answer the open requests, or all until the head is trained")
    _add_study(answer)
    _add_key(answer)
    _add_site(answer)
    _add_wait(answer)

    combine = action(
        "combine", "coordinator: send the next request, or the head when all is answered"
    )
    _add_study(combine)
    _add_key(combine)
    _add_wait(combine)

    bundle = action(
        "bundle", "site: score the trained head on the site's speakers, make a screener"
    )
    _add_study(bundle)
    _add_site(bundle)
    bundle.add_argument("-o", "--to", type=Path, required=True, metavar="FILE.plb")
    bundle.add_argument("--intended-use", type=Path, metavar="FILE.toml",
                        help="purpose, users and limits of the screener (docs/screening.md)")  # fmt: skip
    options.add_operating_point(bundle)
    bundle.add_argument("--embed-weights", action=argparse.BooleanOptionalAction,
                        help="include the encoder's weights (default: where the licence permits)")  # fmt: skip
    bundle.add_argument("--sign", type=Path, metavar="KEY.pem", help="sign the bundle")
    options.add_results(bundle, "where the head's result on this site's speakers is written")
    bundle.set_defaults(results=Path("federated"))
    options.add_json(bundle)

    trial = action("trial", "one machine: local, federated and pooled training compared")
    _add_entry(trial)
    options.add_data(trial)
    options.add_cache(trial)
    trial.add_argument("--sites", type=int, default=3, metavar="N",
                       help="deal the speakers to so many sites (default: 3)")  # fmt: skip
    trial.add_argument("--by", metavar="NAME",
                       help="or take this group or attribute as the site, such as site or language")  # fmt: skip
    trial.add_argument("--bunch", type=int, default=1, metavar="N",
                       help="speakers in the smallest sum (default: 1)")  # fmt: skip
    options.add_json(trial)


def run(args: argparse.Namespace) -> int:
    """Run the action."""
    return {
        "key": _key, "init": _init, "answer": _answer, "combine": _combine, "bundle": _bundle,
        "trial": _trial,
    }[args.action](args)  # fmt: skip


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", type=Path, metavar="STUDY", help="the folder that all sites share")


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", type=Path, required=True, metavar="KEY.pem",
                        help="your private key; it never leaves you")  # fmt: skip


def _add_site(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--site", required=True, metavar="NAME", help="this site's name in the plan"
    )
    parser.add_argument("--trust", type=Path, required=True, metavar="FILE.pub.pem",
                        help="the coordinator's public key, as you were given it")  # fmt: skip
    options.add_catalog(parser)
    options.add_data(parser)
    options.add_weights(parser)
    options.add_cache(parser)


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", type=options.seconds, metavar="SECONDS",
                        help="wait so long for the others, round after round (default: do not wait)")  # fmt: skip


def _add_entry(parser: argparse.ArgumentParser) -> None:
    options.add_catalog(parser)
    parser.add_argument("--task", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--head", default="linear-probe",
                        help="linear-probe (default, exact) or mlp (averaged once)")  # fmt: skip
    options.add_weights(parser)
    options.add_head_settings(parser)


def _key(args: argparse.Namespace) -> int:
    from paralbench.system import signing

    public = signing.write_key(args.file)
    print(f"{args.file}: keep it, and show it to nobody\n{public}: give it to the others")
    return 0


def _init(args: argparse.Namespace) -> int:
    import paralbench
    from paralbench.encoders.loading import loadable
    from paralbench.federation import averaging
    from paralbench.federation.study import BUNCH, LEAST_SPEAKERS, Plan, Study
    from paralbench.heads import settings as find_settings
    from paralbench.records.task_card import ClassTarget, NumberTarget
    from paralbench.system import signing

    sites = {}
    for item in args.site:
        name, sign, file = item.partition("=")
        if not sign or name in sites:
            raise UsageError(f"--site expects NAME=FILE.pub.pem, every name once; got '{item}'.")
        sites[name] = signing.public_key(Path(file))
    if len(sites) < 2:
        raise UsageError("a study needs two sites or more: --site NAME=FILE.pub.pem for each.")
    catalog = options.catalog(args)
    task = catalog.task(args.task)
    if not isinstance(task.target, ClassTarget | NumberTarget):
        raise UsageError(
            f"'{task.id}' predicts a {task.target.kind}; a study trains for one class or number of each "
            "recording."
        )
    classes: list[str] = []
    if isinstance(task.target, ClassTarget):
        classes = list(task.target.classes) or args.classes
        if len(classes) < 2:
            raise UsageError(
                f"the card of '{task.id}' lists no classes: give --class NAME for each."
            )
    settings = options.head_settings(args)
    averaging.check(args.head, find_settings(args.head, settings), len(classes))
    encoder = loadable(catalog.model(args.model), options.weights(args))
    plan = Plan.checked(
        {
            "paralbench": paralbench.__version__,
            "task": task.id,
            "task_version": task.version,
            "classes": classes,
            "model": args.model,
            "weights": encoder.weights.sha256,
            "head": args.head,
            "settings": settings,
            "seeds": args.seeds if args.head != "linear-probe" else 1,
            "speakers": LEAST_SPEAKERS if args.least is None else args.least,
            "bunch": BUNCH if args.bunch is None else args.bunch,
            "coordinator": signing.public_key(args.key, private=True),
            "sites": sites,
        },
        "the study",
    )
    study = Study.create(args.study, plan, args.key)
    print(f"study {study.id[:12]} in {args.study}: {plan.head} on {plan.model} for {plan.task}, "
          f"sites {', '.join(sites)}")  # fmt: skip
    return 0


def _answer(args: argparse.Namespace) -> int:
    from paralbench.federation.answering import answer
    from paralbench.federation.site_data import SiteData
    from paralbench.system import signing

    study = _opened(args)
    if signing.public_key(args.key, private=True) != study.plan.sites[args.site]:
        raise UsageError(f"{args.key} is not the key that the plan names for '{args.site}'.")
    data = SiteData.of(
        study.plan, options.catalog(args), _data(args), options.weights(args), options.cache(args),
        options.say,
    )  # fmt: skip
    answered = answer(study, args.site, data.site(study, args.site), args.key, args.wait)
    state = "the head is trained" if study.trained else "the head is not trained yet"
    print(f"{args.site}: {answered} requests answered; {state}")
    return 0


def _combine(args: argparse.Namespace) -> int:
    from paralbench.federation.study import Study
    from paralbench.federation.study_head import trained
    from paralbench.system import signing

    study = Study.open(args.study)
    if signing.public_key(args.key, private=True) != study.plan.coordinator:
        raise UsageError(f"{args.key} is not the coordinator's key of this study.")
    arrays = trained(study, study.asking(args.key, args.wait, options.say))
    file = study.write_head(arrays, args.key)
    print(
        f"{file}: trained on {int(arrays['rows'][0])} recordings of {len(study.plan.sites)} sites"
    )
    return 0


def _bundle(args: argparse.Namespace) -> int:
    from paralbench.bundling.bundle_maker import BundleSettings, make
    from paralbench.bundling.operating_point import Goal
    from paralbench.evaluation.rerun import recorded_request
    from paralbench.federation.site_data import SiteData
    from paralbench.federation.study_head import in_place, scored
    from paralbench.records.intended_use import IntendedUse
    from paralbench.results import files
    from paralbench.screener import bundle
    from paralbench.system import signing

    if args.to.suffix != bundle.SUFFIX:
        raise UsageError(f"-o expects a name that ends in {bundle.SUFFIX}, got {args.to}.")
    if args.sign is not None:
        signing.check_key(args.sign)
    study, cache, catalog = _opened(args), options.cache(args), options.catalog(args)
    named, weights = _data(args), options.weights(args)
    data = SiteData.of(study.plan, catalog, named, weights, cache, options.say)
    outcome = scored(study, args.site, data, cache)
    file = files.write(args.results, outcome.result, outcome.predictions)
    use = IntendedUse() if args.intended_use is None else IntendedUse.from_toml(args.intended_use)
    rows = outcome.result.training.chosen[0]["trained_on"]
    limit = (
        f"Its head was trained on {rows} recordings of {len(study.plan.sites)} sites together; "
        f"calibration, thresholds and every figure here are of the site {args.site} alone."
    )
    use = use.model_copy(update={"limits": [limit, *use.limits]})
    goal = Goal(args.sensitivity, args.specificity, args.accuracy, args.abstain_most)
    manifest, members = make(
        file,
        catalog,
        lambda recorded: recorded_request(recorded, file, named, weights),
        cache,
        BundleSettings(use, args.level, goal, None, args.embed_weights),
        options.say,
        adapt=in_place(study),
    )
    options.say(f"{file}: the head's result on the speakers of {args.site}")
    return deliver(args, manifest, members)


def _trial(args: argparse.Namespace) -> int:
    import tempfile

    from paralbench.evaluation.benchmark import Benchmark, Failed, Request
    from paralbench.evaluation.inputs import prepare_inputs
    from paralbench.federation.trial import by_attribute, dealt, tried

    if args.sites < 2 or args.bunch < 1:
        raise UsageError("--sites expects 2 or more, --bunch 1 or more.")
    request = Request(
        [args.task], [args.model], [args.head], _data(args), options.weights(args),
        options.head_settings(args), (0,),
    )  # fmt: skip
    cache = options.cache(args)
    with tempfile.TemporaryDirectory() as results:
        benchmark = Benchmark(options.catalog(args), request, cache, Path(results))
        (prepared,) = benchmark.preparations(options.say)
    if isinstance(prepared, Failed):
        raise prepared.error
    with prepare_inputs(prepared, prepared.splits, cache, say=options.say) as inputs:
        selection = inputs.selection
        sites = (
            dealt(selection, args.sites) if args.by is None else by_attribute(selection, args.by)
        )
        trial = tried(inputs, prepared.head, prepared.settings, prepared.layout, sites, args.bunch)
    print(json.dumps(_content(trial), indent=1) if args.json else _table(trial))
    return 0


def _content(trial: Trial) -> dict[str, object]:
    return {
        "sites": {
            name: {"speakers": speakers, "examples": examples}
            for name, (speakers, examples) in trial.sites.items()
        },
        "scores": {way: score.model_dump(mode="json") for way, score in trial.scores.items()},
        "paired": {pair: paired.model_dump(mode="json") for pair, paired in trial.paired.items()},
        "largest_difference_from_pooled": trial.difference,
        "rounds": trial.rounds,
        "bytes_sent": trial.sent,
    }


def _table(trial: Trial) -> str:
    rows = []
    for way, score in trial.scores.items():
        low, high = score.interval.low, score.interval.high
        rows.append((way, f"{score.metric} {score.value:.3f}", f"[{low:.3f}, {high:.3f}]"))
    for pair, paired in trial.paired.items():
        low, high = paired.interval.low, paired.interval.high
        rows.append(
            (pair, f"{paired.difference:+.3f}", f"[{low:+.3f}, {high:+.3f}], p {paired.p:.3f}")
        )
    sites = "; ".join(
        f"{name}: {speakers} speakers, {examples} examples"
        for name, (speakers, examples) in trial.sites.items()
    )
    return "\n".join([
        columns(("training", "score", "95 % interval over speakers"), rows, terminal_width()),
        sites,
        f"largest difference of an output between federated and pooled: {trial.difference:.1e}",
        f"{trial.rounds} rounds, in which a site sends at most {trial.sent / 1e6:.1f} MB",
    ])  # fmt: skip


def _opened(args: argparse.Namespace) -> Study:
    from paralbench.federation.study import Study

    study = Study.open(args.study, args.trust)
    if args.site not in study.plan.sites:
        raise UsageError(
            f"the plan has no site '{args.site}'; it has {', '.join(study.plan.sites)}."
        )
    return study


def _data(args: argparse.Namespace) -> dict[str, Path]:
    from paralbench.corpora.locating import named

    return dict(named(args.data))
