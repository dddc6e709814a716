"""An independent check of what fluxc has made of a program: locks.py FLUXC FILE.flux...

The model in --emit=json says what was declared; the steps say what will be done. Every way through
the steps is walked, every branch and every error edge, with what a flow then holds, and compared
with what the model asks for at that place:

  - constraints are taken in canonical order, each once, and given back in reverse (R29); a flow
    holds nothing at `born`, `leave` and `end`, and behind a turn what it held before (R28, R37);
  - at every call and test a flow holds what its node and the nodes around it declare, as writer
    where one of them writes, and nothing else (R22, R25, R28, R30, R31);
  - an await comes before its node's own constraints (R36); a blocking node is called, and nothing
    but it is done, on a helper (R35);
  - an error goes to the handler of the nearest node around that has one, from an ending handler to
    none (R23, R26), and reaches it with what is around the node still held, or nothing (R25);
  - what is read was written on every way there, by a call that succeeded, and is kept in the frame
    if the flow may have been suspended since (R9).

"Around" is told by the places: each names the one around it. Around an ending handler is nothing;
so a flow in one remembers the place where that nothing begins.
"""

import json
import subprocess
import sys
from collections import namedtuple

# What a flow has at a step. held: (constraint, write) in the order of taking. nothing: the places
# around which nothing is, any more: a place's index, TOP for a whole flow, or None. recovered: the
# place whose handler has just been left for good.
State = namedtuple("State", "held helper nothing recovered born")
TOP = -1
SUSPENDS = {"take", "await", "block", "unblock", "turn", "born", "step"}


class Wrong(Exception):
    pass


class Checker:
    def __init__(self, program):
        self.program = program
        self.nodes = {node["name"]: node for node in program["nodes"]}
        self.places = program["places"]
        self.ranks = {
            constraint["name"]: (constraint["scope"] != "session", constraint["name"].encode())
            for constraint in program["constraints"]
        }

    # ---- what the model asks for -----------------------------------------------------------------

    def node(self, place):
        return self.nodes[self.places[place]["node"]]

    def chain(self, place, nothing):
        """The place and those around it, outwards."""
        while place is not None and place != nothing:
            yield place
            place = self.places[place].get("up")

    def around(self, place):
        return self.places[place].get("up")

    def wanted(self, place, state):
        """What is to be held inside a place: names, and whether someone around writes."""
        wanted = {}
        for each in self.chain(place, state.nothing):
            for lock in self.node(each)["constraints"]:
                wanted[lock["name"]] = wanted.get(lock["name"], False) or lock["write"]
        return wanted

    def handler_of(self, place, state):
        """The place whose handler takes an error from there; TOP: that of *; None: nobody."""
        for each in self.chain(place, state.nothing):
            if self.node(each)["handler"] is not None:
                return each
        ended = state.nothing is not None
        closes = place is not None and self.closes(place)
        if state.born and not ended and not closes and self.program["default_handler"]:
            return TOP
        return None

    def closes(self, place):
        """Whether it is in the `finally` of the flow, whose errors `*` does not take (R44)."""
        return self.finally_place is not None and place >= self.finally_place

    # ---- one step --------------------------------------------------------------------------------

    def check(self, condition, text):
        if not condition:
            raise Wrong(text)

    def holds(self, state, place, what):
        wanted = {} if place is None else self.wanted(place, state)
        held = dict(state.held)
        self.check(held.keys() == wanted.keys(), f"{what} holds {held}, not {wanted}")
        for name, write in wanted.items():
            self.check(held[name] or not write, f"{what} holds '{name}' as a reader")

    def fails(self, step, state):
        """Where the error of a step goes, gives and moves between threads skipped."""
        handler = self.handler_of(step.get("place"), state)
        at = step["other"]
        while self.steps[at]["op"] in {"give", "unblock", "step"}:
            at = self.steps[at]["next"]
        target = self.steps[at]
        if target["op"] == "stopped":  # FLUX_STOP aside, the handler is behind it
            self.check(not state.born, "stopped in a flow")
            way = target["other"]
            while self.steps[way]["op"] in {"give", "unblock", "step", "stopped"}:
                way = self.steps[way].get("other", self.steps[way].get("next"))
            self.check(self.steps[way]["op"] == "leave", "FLUX_STOP reaches a handler")
            target = self.steps[target["next"]]
        elif handler is not None:
            self.check(state.born, "a handler sees FLUX_STOP")
        if handler is None:
            expected = "unhandled" if state.born else "leave"
            self.check(target["op"] == expected, f"nobody handles this, but: {target['op']}")
        else:
            self.check(target["op"] == "fail", f"this has a handler, but: {target['op']}")
            self.check(target.get("place", TOP) == handler, "another node's handler takes this")

    def after(self, step, state):
        """The states behind a step: {index of a step: state}."""
        op, place = step["op"], step.get("place")
        self.check(
            not state.helper or op in {"call", "unblock", "step"}, f"{op} on a helper"
        )
        if op not in {"test", "copy", "give", "step"}:
            state = state._replace(recovered=None)
        if op == "take":
            name = step["constraint"]
            self.check(name not in dict(state.held), f"takes '{name}' again")
            for other, _ in state.held:
                self.check(
                    self.ranks[other] < self.ranks[name], f"takes '{name}' while it holds '{other}'"
                )
            state = state._replace(held=state.held + ((name, step["write"]),))
        elif op == "give":
            lock = (step["constraint"], step["write"])
            self.check(state.held and state.held[-1] == lock, f"gives back {lock}, not the last")
            state = state._replace(held=state.held[:-1])
        elif op == "call":
            self.holds(state, place, "the call")
            blocking = self.node(place)["blocking"]
            self.check(state.helper == blocking, "a call in the wrong place for its node")
            self.fails(step, state)
        elif op == "test":
            outside = state.recovered == place  # after a recovery: a repeat's pattern (R37)
            self.holds(state, self.around(place) if outside else place, "the test")
        elif op == "await":
            self.holds(state, self.around(place), "the await")
            self.fails(step, state)
        elif op == "turn":
            self.holds(state, self.around(place), "the turn")
        elif op in {"block", "unblock"}:
            self.check(state.helper == (op == "unblock"), f"{op} twice")
            state = state._replace(helper=op == "block")
        elif op == "nomatch":
            self.fails({**step, "other": step["next"]}, state)
        elif op == "fail":
            if place is None:
                self.check(not state.held, "* with constraints held")
                state = state._replace(nothing=TOP)
            elif self.node(place)["handler"]["ends"]:
                up = self.around(place)
                state = state._replace(nothing=TOP if up is None else up)
            else:
                self.holds(state, self.around(place), "the recovering handler")
        elif op == "recover":
            state = state._replace(recovered=place)
            if place is None:  # the handlers are done, `finally` begins (R44)
                state = state._replace(nothing=None)
        elif op in {"born", "leave", "end", "unhandled", "join"}:
            self.check(not state.held, f"{op} with {state.held} held")
            if op == "born":
                self.check(not state.born and state.nothing is None, "born twice")
                state = state._replace(born=True)
            if op == "leave":
                self.check(not state.born, "a flow that leaves like a source")
            if op in {"end", "join", "unhandled"}:
                self.check(state.born, f"{op} in a source")
        ways = [step[way] for way in ("next", "other") if way in step]
        self.check(bool(ways) == (op not in {"leave", "end"}), f"{op} leads nowhere")
        return {way: state for way in ways}

    # ---- all steps -------------------------------------------------------------------------------

    def walk(self, begin):
        seen, work, reached = set(), [(0, begin)], set()
        while work:
            index, state = work.pop()
            if (index, state) in seen:
                continue
            seen.add((index, state))
            reached.add(index)
            step = self.steps[index]
            try:
                for way in self.after(step, state).items():
                    work.append(way)
            except Wrong as wrong:
                raise Wrong(f"step {index}, {step['op']} at {step['at']}: {wrong}") from None
        for index in range(len(self.steps)):
            if index not in reached:
                raise Wrong(f"step {index}: nothing leads here")

    def storage(self, routine, index):
        value = routine["values"][index]
        return (value["name"], value["in_frame"])

    def values(self, routine):
        """Which values are written, on every way to each step."""
        known = {0: frozenset()}
        work = [0]
        while work:
            index = work.pop()
            step = self.steps[index]
            if "input" in step:
                if step["input"] not in known[index]:
                    name = routine["values"][step["input"]]["name"]
                    raise Wrong(f"step {index}: '{name}' is not written, or lost, on a way here")
            out = known[index]
            if step["op"] in SUSPENDS:
                out = frozenset(each for each in out if routine["values"][each]["in_frame"])
            made = step.get("value")
            if made is not None:
                # Those that are dead give their place to others: what has its name has its place.
                place = self.storage(routine, made)
                out = frozenset(each for each in out if self.storage(routine, each) != place)
            for key in ("next", "other"):
                if key not in step:
                    continue
                there = out | {made} if made is not None and key == "next" else out
                if step[key] in known:
                    there = there & known[step[key]]
                if known.get(step[key]) != there:
                    known[step[key]] = there
                    work.append(step[key])

    def run(self):
        ranks = [self.ranks[constraint["name"]] for constraint in self.program["constraints"]]
        if ranks != sorted(ranks):
            raise Wrong("the constraints are not in canonical order")
        for source, routine in zip(self.program["sources"], self.program["prog"]):
            self.steps = routine["steps"]
            tops = sorted(
                {list(self.chain(step["place"], None))[-1] for step in self.steps if "place" in step}
            )
            self.finally_place = None
            if source["finally"]:
                named = [top for top in tops if self.places[top]["node"] == source["finally"]]
                self.finally_place = named[-1]
            self.walk(State((), False, None, None, source["node"] is None))
            self.values(routine)


def main():
    fluxc, *files = sys.argv[1:]
    checked = steps = 0
    for file in files:
        for runtime in "event", "trace":
            result = subprocess.run(
                [fluxc, "-w", f"--runtime={runtime}", "--emit=json", "-o", "-", file],
                capture_output=True,
                check=False,
            )
            if result.returncode == 1:  # one that is to be refused
                break
            try:
                program = json.loads(result.stdout)
                Checker(program).run()
            except (Wrong, ValueError) as wrong:
                sys.exit(f"{file}, {runtime}: {wrong}")
            checked += 1
            steps += sum(len(routine["steps"]) for routine in program["prog"])
    print(f"{checked} programs, {steps} steps")
    if checked == 0:
        sys.exit("no program was checked")


if __name__ == "__main__":
    main()
