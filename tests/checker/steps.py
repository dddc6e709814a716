"""Walks the steps of a program, every way, with what a flow then holds.

At each step that is compared with what the nodes ask for at that place:

  - constraints are taken in canonical order, each once, by the node that asks for them, none behind
    one that this node has given back, and given back in reverse (R29); a flow holds nothing at
    `born`, `leave` and `end`, and behind a turn what it held before (R28, R37);
  - at every call and test a flow holds what its node and the nodes around it take, as writer where
    one of them writes and as reader where none does, and nothing else (R22, R25, R28, R30, R31);
  - an await comes before its node's own constraints (R36); a blocking node is called, and nothing
    but it is done, on a helper (R35);
  - an error goes to the handler of the nearest node around that has one, from an ending handler to
    none (R23, R26), and reaches it with what is around the node still held, or nothing (R25);
  - what is read was written on every way there, by a call that succeeded, and is kept in the frame
    if the flow may have been suspended since (R9).

"Around" is told by the places: each names the one around it. Around an ending handler is nothing;
so a flow in one remembers the place where that nothing begins.
"""

from collections import namedtuple

from wrong import Wrong, check

# What a flow has at a step. held: (constraint, write) in the order of taking. nothing: the places
# around which nothing is, any more: a place's index, TOP for a whole flow, or None. recovered: the
# place whose handler has just been left for good; given: the one that is giving back.
State = namedtuple("State", "held helper nothing recovered given born")
TOP = -1
SUSPENDS = {"take", "await", "block", "unblock", "turn", "born", "step"}


class Walk:
    """One program. `closings`: where the `finally` of each source stands."""

    def __init__(self, program, text, demand, closings):
        self.program = program
        self.text = text
        self.takes = demand.takes
        self.closings = closings
        self.places = program["places"]

    # ---- what the nodes ask for ------------------------------------------------------------------

    def node(self, place):
        return self.text.nodes[self.places[place]["node"]]

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
            for name, write in self.takes[self.places[each]["node"]].items():
                wanted[name] = wanted.get(name, False) or write
        return wanted

    def handler_of(self, place, state):
        """The place whose handler takes an error from there; TOP: that of *; None: nobody."""
        for each in self.chain(place, state.nothing):
            if self.node(each).handler is not None:
                return each
        ended = state.nothing is not None
        closes = place is not None and self.closes(place)
        if state.born and not ended and not closes and self.text.default_handler:
            return TOP
        return None

    def closes(self, place):
        """Whether it is in the `finally` of the flow, whose errors `*` does not take (R44)."""
        return self.finally_place is not None and place >= self.finally_place

    # ---- one step --------------------------------------------------------------------------------

    def holds(self, state, place, what):
        wanted = {} if place is None else self.wanted(place, state)
        held = dict(state.held)
        check(held == wanted, f"{what} holds {held}, not {wanted}")

    def fails(self, step, state):
        """Where the error of a step goes, gives and moves between threads skipped."""
        handler = self.handler_of(step.get("place"), state)
        at = step["other"]
        while self.steps[at]["op"] in {"give", "unblock", "step"}:
            at = self.steps[at]["next"]
        target = self.steps[at]
        if target["op"] == "stopped":  # FLUX_STOP aside, the handler is behind it
            check(not state.born, "stopped in a flow")
            way = target["other"]
            while self.steps[way]["op"] in {"give", "unblock", "step", "stopped"}:
                way = self.steps[way].get("other", self.steps[way].get("next"))
            check(self.steps[way]["op"] == "leave", "FLUX_STOP reaches a handler")
            target = self.steps[target["next"]]
        elif handler is not None:
            check(state.born, "a handler sees FLUX_STOP")
        if handler is None:
            expected = "unhandled" if state.born else "leave"
            check(target["op"] == expected, f"nobody handles this, but: {target['op']}")
        else:
            check(target["op"] == "fail", f"this has a handler, but: {target['op']}")
            check(target.get("place", TOP) == handler, "another node's handler takes this")

    def after(self, step, state):
        """The states behind a step: {index of a step: state}."""
        op, place = step["op"], step.get("place")
        check(
            not state.helper or op in {"call", "unblock", "step"}, f"{op} on a helper"
        )
        if op not in {"test", "copy", "give", "step"}:
            state = state._replace(recovered=None)
        if op not in {"take", "give", "step"}:
            state = state._replace(given=None)
        if op == "take":
            name, rank = step["constraint"], self.text.rank(step["constraint"])
            check(name not in dict(state.held), f"takes '{name}' again")
            for other, _ in state.held:
                check(self.text.rank(other) < rank, f"takes '{name}' while it holds '{other}'")
            check(name in self.takes[self.places[place]["node"]], f"takes '{name}' for nobody")
            check(state.given != place, f"takes '{name}' after giving back")
            state = state._replace(held=state.held + ((name, step["write"]),))
        elif op == "give":
            lock = (step["constraint"], step["write"])
            check(state.held and state.held[-1] == lock, f"gives back {lock}, not the last")
            state = state._replace(held=state.held[:-1], given=place)
        elif op == "call":
            self.holds(state, place, "the call")
            blocking = self.node(place).blocking
            check(state.helper == blocking, "a call in the wrong place for its node")
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
            check(state.helper == (op == "unblock"), f"{op} twice")
            state = state._replace(helper=op == "block")
        elif op == "nomatch":
            self.fails({**step, "other": step["next"]}, state)
        elif op == "fail":
            if place is None:
                check(not state.held, "* with constraints held")
                state = state._replace(nothing=TOP)
            elif self.text.ends(self.node(place).handler):
                up = self.around(place)
                state = state._replace(nothing=TOP if up is None else up)
            else:
                self.holds(state, self.around(place), "the recovering handler")
        elif op == "recover":
            state = state._replace(recovered=place)
            if place is None:  # the handlers are done, `finally` begins (R44)
                state = state._replace(nothing=None)
        elif op in {"born", "leave", "end", "unhandled", "join"}:
            check(not state.held, f"{op} with {state.held} held")
            if op == "born":
                check(not state.born and state.nothing is None, "born twice")
                state = state._replace(born=True)
            if op == "leave":
                check(not state.born, "a flow that leaves like a source")
            if op in {"end", "join", "unhandled"}:
                check(state.born, f"{op} in a source")
        ways = [step[way] for way in ("next", "other") if way in step]
        check(bool(ways) == (op not in {"leave", "end"}), f"{op} leads nowhere")
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
        for number, routine in enumerate(self.program["prog"]):
            self.steps = routine["steps"]
            self.finally_place = self.closings[number]
            source = self.text.sources[number]
            self.walk(State((), False, None, None, None, source.node is None))
            self.values(routine)
