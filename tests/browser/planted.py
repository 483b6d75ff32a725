"""Runs to look at: one in which everything that can go wrong went wrong once, and one of many scenarios."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kube_acceptance.report.model import (
    Attachment,
    Failure,
    Feature,
    Past,
    Problem,
    Requirement,
    Rule,
    Run,
    Scenario,
    ScenarioStatus,
    Step,
    StepStatus,
    Task,
    Wait,
)

NOON = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
FEATURES = "features"


def a_step(text: str, status: StepStatus = "passed", seconds: float = 0.2, **more: object) -> Step:
    """A step; the first word is its keyword."""
    keyword, _, text = text.partition(" ")
    fields = {"keyword": keyword, "text": text, "line": 7, "status": status, "duration": seconds}
    return Step.model_validate({**fields, "where": "steps/shop.py:41", **more})


def a_scenario(feature: str, name: str, status: ScenarioStatus, *steps: Step, **more: object) -> Scenario:
    """A scenario of the feature file `feature`."""
    uri = f"{FEATURES}/{feature}.feature"
    fields = {"id": f"{uri}::{name}", "uri": uri, "line": 6, "name": name, "status": status, "steps": list(steps)}
    duration = sum(step.duration for step in steps)
    return Scenario.model_validate({**fields, "duration": duration, "started": NOON, "worker": "gw0", **more})


def past(*seconds: float, red: dict[int, ScenarioStatus] | None = None) -> list[Past]:
    """One result a day up to the day before this run; `red` says which did not simply pass."""
    statuses = red or {}
    return [
        Past(
            run=NOON - timedelta(days=len(seconds) - number),
            status=statuses.get(number, "passed"),
            seconds=each,
            attempts=2 if statuses.get(number) == "flaky" else 1,
        )
        for number, each in enumerate(seconds)
    ]


def planted_run() -> Run:
    """A run with a failure, a flake in quarantine, a set-up that broke three scenarios, and all else there is."""
    no_storage = Failure(
        first_line='Set-up failed in "release": the claim data-shop-database-0 is not bound: no storage class "fast"',
        details='events:\n  12:03:09 ProvisioningFailed storageclass.storage.k8s.io "fast" not found (x7)',
        text="kube_acceptance.errors.WaitError: …",
    )
    time_out = Failure(
        first_line='the page did not show "1 item" (waited for it 10 s; last seen: "0 items")',
        details='transitions:\n  0.0 s  "loading"\n  0.4 s  "0 items"',
    )
    attempt = a_scenario(
        "cart",
        "Two people order the last tea",
        "failed",
        a_step("Given a shop with one tea", seconds=0.4),
        a_step('When "Ada" and "Grace" order it at once', seconds=1.2),
        a_step(
            'Then the page shows "1 item"',
            "failed",
            10.1,
            waits=[Wait(what="the page shows it", seconds=10, budget=10)],
        ),
        failure=time_out,
        attachments=[Attachment(name="page.png", path="evidence/cart/page.png", bytes=18_211)],
    )
    scenarios = {
        "policy": [
            a_scenario(
                "policy",
                "Only the backend may connect to the database",
                "failed",
                a_step(
                    "Given the shop is installed",
                    seconds=13.1,
                    setup=12.6,
                    background=True,
                    waits=[Wait(what="the release is ready", seconds=12.6, budget=120)],
                    facts=["release shop, revision 1, namespace shop-a41f"],
                ),
                a_step(
                    "Then these connections are as expected",
                    "failed",
                    3.4,
                    datatable=[
                        ["from", "to", "expected"],
                        ["backend", "database:5432", "allowed"],
                        ["frontend", "database:5432", "blocked"],
                    ],
                    where="src/kube_acceptance/steps/policies.py:52",
                    waits=[Wait(what="the policies hold", seconds=9.1, budget=10)],
                ),
                a_step("And nothing else can connect to the database", "not run", 0),
                tags=["cluster"],
                requirements=["REQ-POL-01"],
                failure=Failure(
                    first_line="frontend reached database:5432, which must be blocked: no policy selects the database",
                    details="frontend → database:5432   allowed, expected blocked\n"
                    "backend  → database:5432   allowed, as expected (the control)\n\n"
                    "policies that select shop-database-0: none\n"
                    "nearest: shop-database, whose podSelector says app.kubernetes.io/component=databse",
                    text="Traceback (most recent call last):\n  …\nkube_acceptance.errors.ProbeError: …",
                ),
                attachments=[
                    Attachment(name="events.txt", path="evidence/policy/events.txt", bytes=4210),
                    Attachment(name="policies.yaml", path="evidence/policy/policies.yaml", bytes=1910),
                    Attachment(name="page.png", path="evidence/policy/page.png", bytes=48_211),
                ],
            ),
            a_scenario(
                "policy",
                "A pod that nobody knows reaches nothing",
                "passed",
                a_step("Given the shop is installed", seconds=0.1, background=True),
                a_step("Then a stranger's connections are all blocked", seconds=6.2),
                tags=["cluster"],
                requirements=["REQ-POL-01", "REQ-POL-02"],
                worker="gw1",
            ),
        ],
        "persistence": [
            a_scenario(
                "persistence",
                name,
                "broken",
                a_step("Given a shop of its own", "not run", 0),
                a_step("When the database pod is deleted", "not run", 0),
                a_step("Then every order is still there", "not run", 0),
                rule="No order is ever lost",
                tags=["cluster", "disruptive"],
                requirements=["REQ-PER-01"],
                duration=61.0,
                failure=no_storage,
                worker="gw1",
            )
            for name in ("The database pod is deleted", "Every pod is deleted at once", "The node restarts")
        ],
        "cart": [
            a_scenario(
                "cart",
                "A basket survives signing out",
                "undefined",
                a_step("Given a shop with one tea", seconds=0.3),
                a_step(
                    'When "Ada" signs out and in again',
                    "undefined",
                    0,
                    where="",
                    suggestion="@when(parsers.parse('\"{name}\" signs out and in again'))\n"
                    "def signs_out_and_in_again(name: str) -> None:\n"
                    '    pytest.fail("not written yet")',
                ),
                a_step("Then her basket holds one tea", "not run", 0),
                requirements=["REQ-CART-01"],
            ),
            a_scenario(
                "cart",
                "A voucher lowers the price",
                "pending",
                a_step("Given a voucher of 10 %", "pending", 0),
                a_step("Then tea costs 2.70", "not run", 0),
                reason="vouchers come with the next release",
                requirements=["REQ-CART-02"],
            ),
            a_scenario(
                "cart",
                "Two people order the last tea",
                "flaky",
                a_step("Given a shop with one tea", seconds=0.4),
                a_step('When "Ada" and "Grace" order it at once', seconds=1.1),
                a_step(
                    'Then the page shows "1 item"',
                    seconds=0.6,
                    waits=[Wait(what="the page shows it", seconds=0.5, budget=10)],
                ),
                tags=["cluster", "browser"],
                requirements=["REQ-CART-01"],
                earlier=[attempt],
                quarantine="owner Ada Lovelace, until 30 June 2026 (issue 41)",
            ),
            a_scenario(
                "cart",
                "Tea is put into the basket",
                "passed",
                a_step("Given a shop with one tea", seconds=0.3),
                a_step('When "Ada" puts it into her basket', seconds=8.9, docstring='{"tea": 1}'),
                a_step('Then her basket holds "1" tea', seconds=0.2, facts=["Chromium 140"]),
                tags=["cluster", "browser"],
                requirements=["REQ-CART-01"],
            ),
            *(
                a_scenario(
                    "cart",
                    f"Tea for {count} costs {price}",
                    "passed",
                    a_step(f"Then {count} teas cost {price}", seconds=0.02),
                )
                for count, price in ((1, "3.00"), (2, "6.00"), (3, "8.50"))
            ),
        ],
        "metrics": [
            a_scenario(
                "metrics", "The page is fast enough", "skipped", reason="needs --slow", requirements=["REQ-OPS-01"]
            ),
            a_scenario("metrics", "Logs name the request", "not run", reason="the run was interrupted"),
        ],
    }
    said = {
        "policy": ("Network policy", "Whoever does not need the database cannot reach it."),
        "persistence": ("Persistence", "What was ordered stays ordered, whatever happens to the machines."),
        "cart": ("Basket", "As a customer\nI collect what I want to buy\nso that I order it at once."),
        "metrics": ("Operation", ""),
    }
    ids = {scenario.name: scenario.id for members in scenarios.values() for scenario in members}
    return Run(
        title="Tea shop on Kubernetes",
        started=NOON,
        finished=NOON + timedelta(minutes=4, seconds=11),
        command="pytest features -n 2 --reruns 1",
        environment={
            "Commit": "4f2a91c",
            "Kubernetes": "v1.37.0, 2 nodes (Kind)",
            "Helm": "v4.3",
            "Docker": "29.1",
            "Order": "random, seed 20260520",
            "Workers": "2",
            "Image shop": "shop:6656242b0e4d sha256:f88e1937def00101feee56469f466dd8bdaf34930f324f8d75e16675e29bed7c",
            "Host": "Linux 6.18, Python 3.13",
        },
        features=[
            Feature(
                uri=f"{FEATURES}/{key}.feature",
                name=said[key][0],
                description=said[key][1],
                tags=["cluster"] if key == "policy" else [],
                rules=[Rule(name="No order is ever lost")] if key == "persistence" else [],
                background=[a_step("Given the shop is installed", "not run", 0)] if key == "policy" else [],
                scenarios=members,
            )
            for key, members in scenarios.items()
        ],
        left_out=2,
        requirements=[
            Requirement(
                id="REQ-POL-01",
                title="Only tiers that need each other may connect",
                chapter="Network",
                behaviour="A connection that no policy allows times out.",
                clauses=["C-7"],
                tasks=[Task(id="T-31", title="Policies of the chart", files=["charts/shop/templates/policy.yaml"])],
                declared=2,
                scenarios=[
                    ids["Only the backend may connect to the database"],
                    ids["A pod that nobody knows reaches nothing"],
                ],
                outcome="failed",
            ),
            Requirement(
                id="REQ-POL-02",
                title="Strangers reach nothing",
                chapter="Network",
                tasks=[Task(id="T-31", title="Policies of the chart", files=["charts/shop/templates/policy.yaml"])],
                scenarios=[ids["A pod that nobody knows reaches nothing"]],
                outcome="passed",
            ),
            Requirement(
                id="REQ-PER-01",
                title="No order is lost",
                chapter="Data",
                tasks=[Task(id="T-32", title="Volumes", files=["charts/shop/templates/database.yaml"])],
                scenarios=[
                    ids["The database pod is deleted"],
                    ids["Every pod is deleted at once"],
                    ids["The node restarts"],
                ],
                outcome="broken",
            ),
            Requirement(
                id="REQ-CART-01",
                title="A basket keeps what is put into it",
                chapter="Basket",
                tasks=[Task(id="T-40", title="Basket", files=["app/basket.py"])],
                scenarios=[ids["A basket survives signing out"], ids["Tea is put into the basket"]],
                outcome="undefined",
            ),
            Requirement(
                id="REQ-CART-02",
                title="Vouchers",
                chapter="Basket",
                scenarios=[ids["A voucher lowers the price"]],
                outcome="pending",
            ),
            Requirement(
                id="REQ-OPS-01",
                title="The page is fast",
                chapter="Operation",
                scenarios=[ids["The page is fast enough"]],
                outcome="skipped",
            ),
            Requirement(
                id="REQ-OPS-02",
                title="Backups are restored",
                chapter="Operation",
                status="not yet covered",
                due="issue 12",
                outcome="not yet covered",
            ),
        ],
        problems=[
            Problem(
                where="features/metrics.feature:14",
                failure=Failure(first_line='the tag @slwo is not registered: did you mean "slow"?'),
            ),
        ],
        past={
            ids["Two people order the last tea"]: past(
                *(2.1, 1.9, 2.4, 2.0, 2.2, 2.3, 1.8, 2.0, 2.1, 2.6, 2.2, 2.0, 2.1, 1.9, 2.0, 2.3, 2.1, 2.2, 2.0),
                red={6: "flaky", 13: "failed", 16: "flaky"},
            ),
            ids["Tea is put into the basket"]: past(
                2.0, 2.2, 2.1, 2.0, 2.3, 2.2, 2.9, 3.3, 4.1, 4.9, 5.6, 6.4, 7.2, 7.9
            ),
            ids["A pod that nobody knows reaches nothing"]: past(*[6.1, 6.3, 6.0, 6.2] * 5),
            ids["Only the backend may connect to the database"]: past(*[3.1, 3.3, 3.0] * 6),
            ids["The node restarts"]: past(
                *[41.0, 44.0, 40.0] * 6, red={4: "broken", 5: "skipped", 9: "undefined", 10: "pending"}
            ),
            f"{FEATURES}/old.feature::A scenario of yesterday": past(1, 1, 1, 1, red={2: "failed"}),
        },
    )


def large_run(scenarios: int = 200, steps: int = 8) -> Run:
    """A run of `scenarios` scenarios of `steps` steps, each with a wait and a history."""
    members = [
        a_scenario(
            f"part{number // 20}",
            f"Behaviour {number} of the deployment",
            "failed" if number % 50 == 7 else "passed",
            *(
                a_step(
                    f'When the client "{number}" calls the endpoint "/items/{line}" and the answer arrives',
                    waits=[Wait(what=f"the answer to {line}", seconds=0.1 * line, budget=10)] if line == 3 else [],
                )
                for line in range(steps)
            ),
            requirements=[f"REQ-{number % 40}"],
            tags=["cluster"],
        )
        for number in range(scenarios)
    ]
    parts: dict[str, list[Scenario]] = {}
    for scenario in members:
        parts.setdefault(scenario.uri, []).append(scenario)
    return Run(
        title="A large suite",
        started=NOON,
        finished=NOON + timedelta(minutes=20),
        command="pytest features",
        features=[
            Feature(uri=uri, name=f"Part {place}", scenarios=part) for place, (uri, part) in enumerate(parts.items())
        ],
        requirements=[
            Requirement(id=f"REQ-{number}", title="x", scenarios=[s.id for s in members[number::40]], outcome="passed")
            for number in range(40)
        ],
        past={scenario.id: past(*[1.0, 1.2, 1.1, 1.3, 0.9] * 4) for scenario in members},
    )
