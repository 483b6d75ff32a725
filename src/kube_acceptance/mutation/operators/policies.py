"""What NetworkPolicies forbid and allow.

A policy that is gone, or says less, lets through what nobody expects; a rule that is gone stops what the application
needs. What a policy says is read as in `kube_acceptance.policy.spec`; one that cannot be read is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Place, of_kind
from kube_acceptance.policy.spec import Direction, Rule, Selector, Spec
from kube_acceptance.release.objects import Workload, workloads
from kube_acceptance.release.release import COMPONENT

VERDICTS = ("is allowed, expected blocked", "is blocked, expected allowed")
NOBODY = {"matchLabels": {"kube-acceptance/nobody": "true"}}
"""A selector of pods that there are not."""
PEERS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
EVERY_ADDRESS = {4: "0.0.0.0/0", 6: "::/0"}
SAYS = {
    frozenset({Direction.INGRESS}): "who may connect to {them}",
    frozenset({Direction.EGRESS}): "whom {them} may connect to",
    frozenset(Direction): "who may connect to {them}, and whom they may connect to",
}
MAY = {
    Direction.INGRESS: "{who} may connect to {them}{on}",
    Direction.EGRESS: "{them} may connect to {who}{on}",
}


def policies(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each policy removed, selecting nobody or everybody, and without each of the directions that it isolates."""
    for policy, spec, them in _read(objects):
        says = SAYS[frozenset(spec.directions)].format(them=them)
        yield policy.derive(
            "policy-removed",
            Concern.NETWORK_POLICY,
            takes_away=f"{policy}, which says {says}",
            unnoticed=f"there is no {policy}, which says {says}",
        )
        yield policy.derive(
            "policy-selects-nobody",
            Concern.NETWORK_POLICY,
            takes_away=f"the pods of {policy}, whose selector fits none any more",
            unnoticed=f"{policy} is there and selects no pod",
            patch=[policy.put("spec", "podSelector", value=NOBODY)],
        )
        if not spec.podSelector.empty:
            yield policy.derive(
                "policy-selects-all",
                Concern.NETWORK_POLICY,
                takes_away=f"the selector of {policy}, which is for all pods of the namespace then",
                unnoticed=f"{policy} is for every pod of the namespace, also for those of others",
                patch=[policy.put("spec", "podSelector", value={})],
                signs=VERDICTS,  # of a connection of any pod
            )
        if len(spec.directions) > 1:
            for kept, dropped in (spec.directions, spec.directions[::-1]):
                yield policy.derive(
                    "policy-direction-dropped",
                    Concern.NETWORK_POLICY,
                    part=dropped.lower(),
                    takes_away=f"{dropped} among the policyTypes of {policy}",
                    unnoticed=f"{policy} no longer says anything of the {dropped.lower()} of {them}",
                    patch=[policy.put("spec", "policyTypes", value=[str(kept)])],
                )


def rules(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each rule removed, open to anybody, and open on any port; and without each of several ports or peers."""
    for direction, rule, them, who in _rules(objects):
        side = PEERS[direction]
        peers, ports = rule.value.get(side) or [], rule.value.get("ports") or []
        on = _on(ports)
        may = MAY[direction].format(who=who, them=them, on=on)
        yield rule.derive(
            "policy-rule-removed",
            Concern.NETWORK_POLICY,
            takes_away=f"{rule}, by which {may}",
            unnoticed=f"the rule is gone by which {may}",
            patch=[rule.remove()],
        )
        if peers:
            yield rule.derive(
                "policy-rule-for-anybody",
                Concern.NETWORK_POLICY,
                takes_away=f"the peers of {rule}",
                unnoticed=MAY[direction].format(who="any address", them=them, on=on),
                patch=[rule.remove(side)],
            )
        if ports:
            yield rule.derive(
                "policy-rule-for-any-port",
                Concern.NETWORK_POLICY,
                takes_away=f"the ports of {rule}",
                unnoticed=MAY[direction].format(who=who, them=them, on=" on any port"),
                patch=[rule.remove("ports")],
            )
        for field, items, word in ((side, peers, "peer"), ("ports", ports, "port")):
            for index, item in enumerate(items if len(items) > 1 else ()):
                what = _on([item]).strip() if word == "port" else f"{word} {index + 1}"
                yield rule.derive(
                    f"policy-{word}-removed",
                    Concern.NETWORK_POLICY,
                    part=f"{word} {index + 1}",
                    takes_away=f"{word} {index + 1} of {rule}",
                    unnoticed=f"{rule} no longer allows what it allowed {what}",
                    patch=[rule.remove(field, index)],
                )


def peers(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each peer of a rule widened: to any pod, to any namespace, to any address, and by each label that it asks for."""
    for direction, rule, them, _ in _rules(objects):
        on = _on(rule.value.get("ports") or [])
        for index, peer in enumerate(rule.value.get(PEERS[direction]) or []):
            place = rule.within(f"peer {index + 1}", PEERS[direction], index, value=peer)
            for operator, part, lost, who, operation in _wider(place):
                yield place.derive(
                    operator,
                    Concern.NETWORK_POLICY,
                    part=part,
                    takes_away=f"{lost} of {place}",
                    unnoticed=MAY[direction].format(who=who, them=them, on=on),
                    patch=[operation],
                )


def _wider(peer: Place) -> Iterator[tuple[str, str, str, str, dict[str, Any]]]:
    """How a peer can be widened: by which operator, at which part, what is lost, who is meant then, and how."""
    if block := peer.value.get("ipBlock"):
        every = EVERY_ADDRESS[6 if ":" in block["cidr"] else 4]
        if block["cidr"] != every:
            widened = peer.put("ipBlock", "cidr", value=every)
            yield "policy-address-any", "", f"the range {block['cidr']}", "any address", widened
        for index, inner in enumerate(block.get("except") or []):
            operation = peer.remove("ipBlock", "except", index)
            yield "policy-exception-removed", f"except {index + 1}", f"the exception {inner}", inner, operation
        return
    pods, namespaces = peer.value.get("podSelector"), peer.value.get("namespaceSelector")
    if pods:
        where = "a namespace that the rule names" if namespaces is not None else "the namespace"
        yield (
            *("policy-peer-any-pod", "", "the podSelector", f"every pod of {where}"),
            peer.put("podSelector", value={}),
        )
        labels = pods.get("matchLabels") or {}
        for label in labels if len(labels) + len(pods.get("matchExpressions") or []) > 1 else ():
            yield (
                *("policy-peer-label-dropped", label, f"the label {label} in the podSelector"),
                f"a pod whose label {label} is not {labels[label]}",
                peer.remove("podSelector", "matchLabels", label),
            )
    if namespaces or namespaces is None:
        what = "the namespaceSelector" if namespaces else "the restriction to the policy's own namespace"
        yield (
            *("policy-peer-any-namespace", "", what, "a pod like the named ones in any namespace"),
            peer.put("namespaceSelector", value={}),
        )


def _read(objects: Sequence[Object]) -> Iterator[tuple[Place, Spec, str]]:
    """The policies, what each says, and for whom it is, in words."""
    found = list(workloads(objects))
    for policy in of_kind(objects, "NetworkPolicy"):
        try:
            spec = Spec.model_validate(policy.value["spec"])
        except ValidationError:
            continue
        chosen = [each for each in found if spec.podSelector.matches(each.labels)]
        signs = (*policy.signs, *(sign for each in chosen for sign in _signs(each)))
        yield replace(policy, signs=signs), spec, _selected(spec.podSelector, found)


def _rules(objects: Sequence[Object]) -> Iterator[tuple[Direction, Place, str, str]]:
    """The rules that count, each with its direction, for whom it is and who the peers are, in words."""
    found = list(workloads(objects))
    for policy, spec, them in _read(objects):
        for direction in spec.directions:
            field = direction.lower()
            for index, rule in enumerate(policy.value["spec"].get(field) or []):
                who = _peers(spec.rules(direction)[index], found)
                place = policy.within(f"rule {index + 1} of {field}", "spec", field, index, value=rule or {})
                yield direction, place, them, who


def _signs(workload: Workload) -> Iterator[str]:
    """How failures name the pods of a workload; tables of connections name them by their component."""
    yield workload.name
    if component := workload.labels.get(COMPONENT):
        yield from (f"{component} ->", f"-> {component}", f"-> probe in {component}")


def _peers(rule: Rule, found: Sequence[Workload]) -> str:
    """Who the peers of a rule are, in words: the workloads that are rendered, and others by what tells them."""
    said = []
    for peer in rule.peers:
        if peer.ipBlock is not None:
            said.append(str(peer.ipBlock.cidr))
            continue
        pods, namespaces = peer.podSelector or Selector(), peer.namespaceSelector
        if namespaces is None:
            said.append(_selected(pods, found))
        else:
            where = "any namespace" if namespaces.empty else f"namespaces with {_asked(namespaces)}"
            said.append(f"{_selected(pods, ())} in {where}")
    return " or ".join(said) or "anybody"


def _selected(selector: Selector, found: Sequence[Workload]) -> str:
    """Whom a selector selects, in words."""
    if selector.empty:
        return "all pods"
    chosen = [each for each in found if selector.matches(each.labels)]
    return _called(chosen, found) if chosen else f"pods with {_asked(selector)}"


def _asked(selector: Selector) -> str:
    """Which labels a selector asks for."""
    said = [f"{key}={value}" for key, value in selector.matchLabels.items()]
    said += [f"{each.key} {each.operator} {', '.join(each.values)}".strip() for each in selector.matchExpressions]
    return ", ".join(said)


def _called(chosen: Sequence[Workload], of: Sequence[Workload]) -> str:
    """The pods of some of the workloads."""
    if len(chosen) == len(of) > 1:
        return "the pods of every workload"
    return "the pods of " + ", ".join(str(each) for each in chosen)


def _on(ports: Sequence[Mapping[str, Any]]) -> str:
    """On which ports, in words; nothing when it is on all."""
    said = []
    for port in ports:
        number = port.get("port", "any port")
        last = f"-{port['endPort']}" if "endPort" in port else ""
        said.append(f"{number}{last}/{port.get('protocol') or 'TCP'}")
    return " on " + " and ".join(said) if said else " on any port"


OPERATORS = (policies, rules, peers)
