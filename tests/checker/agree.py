"""Whether the model in --emit=json is what the text declares, and the places are its nodes.

The steps are compared with places, and places lead to nodes: a compiler that got both wrong in the
same way would agree with itself. So nodes, handlers, constraints and sources are read a second time
from the text, what early acquisition must have added is found a second time (demand.py), and the
tree of places is checked to be the bodies written out.
"""

from wrong import Wrong, check


def agree(program, text, demand):
    check_order(program, text)
    named = [name for name in text.nodes if name not in {n["name"] for n in program["nodes"]}]
    check(not named, f"the model has no {named}")
    for node in program["nodes"]:
        try:
            check_node(node, text, demand)
        except Wrong as wrong:
            raise Wrong(f"{node['name']} at {node['at']}: {wrong}") from None
    sources = [(s["node"], s["target"], s["session"], s["finally"]) for s in program["sources"]]
    declared = [(s.node, s.target, s.session, s.closing) for s in text.sources]
    check(sources == declared, f"the sources are {sources}, not {declared}")
    default = program["default_handler"] and program["default_handler"]["node"]
    check(default == text.default_handler, f"'{default}' handles *")
    return Places(program, text).check()


def check_order(program, text):
    order = [(c["name"], c["scope"]) for c in program["constraints"]]
    right = [(name, text.scopes[name]) for name in sorted(text.scopes, key=text.rank)]
    check(order == right, f"the order of constraints is {order}, not {right}")


def check_node(model, text, demand):
    name = model["name"]
    node = text.node(name)
    bodies = [(arm["patterns"], arm["body"]) for arm in model["arms"]]
    check(bodies == node.arms, f"the bodies are {bodies}, not {node.arms}")
    handler = model["handler"] and model["handler"]["node"]
    check(handler == node.handler, f"the handler is {handler}, not {node.handler}")
    if handler:
        check(model["handler"]["ends"] == text.ends(handler), f"whether {handler} ends the flow")
    check(model["blocking"] == node.blocking, "whether it is blocking")
    check((model["await"] is not None) == node.waits, "whether it awaits")
    repeat = model["repeat"] and model["repeat"]["patterns"]
    check(repeat == node.repeat, f"it repeats {repeat}, not {node.repeat}")

    taken = [(lock["name"], lock["write"]) for lock in model["constraints"]]
    right = list(demand.takes.get(name, {}).items())
    check(taken == right, f"it takes {taken}, not {right}")
    for lock in model["constraints"]:
        declared = lock["name"] in node.uses
        check(lock["declared"] == declared, f"whether '{lock['name']}' is declared")
        check((lock["lifted_from"] is None) == declared, f"where '{lock['name']}' comes from")
        raised = lock["write"] and not node.uses.get(lock["name"], False)
        check((lock["writer"] is not None) == raised, f"why '{lock['name']}' is written")


class Places:
    """The tree of places. They are numbered as they are written out: a node, what is in it, then
    the handler that stands in its place or behind it, then the next."""

    def __init__(self, program, text):
        self.text = text
        self.places = program["places"]
        self.inside = [[] for _ in self.places]
        self.tops = []
        for index, place in enumerate(self.places):
            (self.inside[place["up"]] if "up" in place else self.tops).append(index)

    def check(self):
        """Returns where the `finally` of each source stands, or None."""
        for index, place in enumerate(self.places):
            found = self.inside[index]
            members = [m for arm in self.text.reachable_arms(place["node"]) for m in arm]
            ends = self.match(found, {0}, members)
            check(len(found) in ends, f"places {found} are not what is in '{place['node']}'")
        ends, closings = {0}, []
        for source in self.text.sources:
            ends = self.match(self.tops, ends, [source.node, source.target])
            default = self.text.default_handler
            if default is not None:
                ends |= self.match(self.tops, ends, [default])
            closings.append(None)
            if source.closing is not None:
                ends = {end for end in ends if self.stands(self.tops, end, source.closing)}
                check(ends, f"'{source.closing}' is missing among places {self.tops}")
                closings[-1] = self.tops[max(ends)]
                ends = self.match(self.tops, ends, [source.closing])
        check(len(self.tops) in ends, f"places {self.tops} belong nowhere")
        return closings

    def stands(self, found, at, name):
        return at < len(found) and self.places[found[at]]["node"] == name

    def match(self, found, begins, members):
        """From where in `found` to where these nodes stand, each with those of its handlers that
        can run: a set, since the next member may be the handler of the one before."""
        for member in members:
            ends = set()
            for at in begins:
                name = member
                while name is not None and self.stands(found, at, name):
                    at += 1
                    ends.add(at)
                    name = self.text.nodes[name].handler
            begins = begins if member is None else ends
        return begins
