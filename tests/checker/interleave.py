"""Whether flows can wait in a circle, by trying: interleave.py FLUXC FILE.flux...

Knows nothing of orders or proofs. Of each source's steps what takes and gives is kept, with every
choice between (arms, errors, turns). Two flows, then three, run in every interleaving, all of one
session, with queues as in runtimes/core/constraint.c: fair, a writer alone, readers side by side. A
state in which somebody waits and nobody can go on is a deadlock.

Left out is what would show nothing else: states of a flow after which the same may follow are one, so
flows that do the same are one; and flows that share no constraint with another of the set, as they
change nothing for the others, which are a smaller set.
"""

import json
import sys
from collections import deque
from itertools import combinations_with_replacement
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

STATES_MAX = 100_000  # for one set of flows; the rest is left out
END = ("end", None, None, frozenset())


def automaton(steps):
    """What a flow does next, from each of its states: (take or give, constraint, write, states
    after). State 0 is the beginning; a flow of which nothing more is to be seen is at END."""

    def next_ones(index):
        found, seen, work = set(), set(), [index]
        while work:
            at = work.pop()
            if at in seen:
                continue
            seen.add(at)
            step = steps[at]
            if step["op"] in ("take", "give"):
                found.add(at)
            elif step["op"] in ("end", "leave"):
                found.add(-1)
            else:
                work += [step[way] for way in ("next", "other") if way in step]
        return frozenset(found)

    moves = {-1: END}
    work = list(next_ones(0))
    begin = frozenset(work)
    while work:
        at = work.pop()
        if at not in moves:
            step = steps[at]
            moves[at] = (step["op"], step["constraint"], step["write"], next_ones(step["next"]))
            work += moves[at][3]
    return begin, moves


def reduced(flows):
    """The same flows with states that cannot be told apart made one, each a number that all flows
    share. Moore's: classes are split until all in one do the same and go on to the same classes."""
    states = {(flow, at): move for flow, (_, moves) in enumerate(flows) for at, move in moves.items()}
    classes = dict.fromkeys(states, 0)
    count = 1
    while True:
        numbers = {}
        following = {}
        for (flow, at), (*does, after) in states.items():
            what = (*does, classes[flow, at], frozenset(classes[flow, each] for each in after))
            following[flow, at] = numbers.setdefault(what, len(numbers))
        classes = following
        if len(numbers) == count:
            break
        count = len(numbers)
    moves = {
        classes[flow, at]: (*does, frozenset(classes[flow, each] for each in after))
        for (flow, at), (*does, after) in states.items()
    }
    begins = {
        frozenset(classes[flow, at] for at in begin): None for flow, (begin, _) in enumerate(flows)
    }
    return [(begin, moves) for begin in begins]


def constraints_of(flow):
    """That it may take."""
    begin, moves = flow
    found, seen, work = set(), set(), list(begin)
    while work:
        at = work.pop()
        if at not in seen:
            seen.add(at)
            found.add(moves[at][1])
            work += moves[at][3]
    return found - {None}


def meet(flows):
    """Whether each shares a constraint with another one."""
    wanted = [constraints_of(flow) for flow in flows]
    return all(
        any(one & other for j, other in enumerate(wanted) if i != j) for i, one in enumerate(wanted)
    )


def hand_over(queue):
    """Those at the head of a queue whose turn it is, and the rest: (flow, write)."""
    count = 1
    if not queue[0][1]:
        while count < len(queue) and not queue[count][1]:
            count += 1
    return queue[:count], queue[count:]


def explore(flows):
    """Returns (how many states, the deadlock or None). A state: where each flow is, which of them
    wait, and of each constraint those who hold it and those who wait, as pairs (flow, write)."""
    begins = [begin for begin, _ in flows]
    work = deque()
    seen = set()

    def reach(places, waiting, locks):
        state = (places, waiting, locks)
        if state not in seen:
            seen.add(state)
            work.append(state)

    def all_of(choices, places=()):
        if len(places) == len(choices):
            yield places
            return
        for at in choices[len(places)]:
            yield from all_of(choices, (*places, at))

    for places in all_of(begins):
        reach(places, frozenset(), frozenset())
    while work:
        places, waiting, locks = work.popleft()
        moved = False
        for flow, at in enumerate(places):
            op, name, write, after = flows[flow][1][at]
            if op == "end" or flow in waiting:
                continue
            moved = True
            table = dict(locks)
            holders, queue = table.get(name, ((), ()))
            still = waiting
            if op == "take":
                open_ = not holders if write else not queue and not any(w for _, w in holders)
                if open_:
                    holders = tuple(sorted((*holders, (flow, write))))
                else:
                    queue, still = (*queue, (flow, write)), waiting | {flow}
            else:
                holders = tuple(each for each in holders if each[0] != flow)
                if not holders and queue:
                    holders, queue = hand_over(queue)
                    holders = tuple(sorted(holders))
                    still = waiting - {each for each, _ in holders}
            table[name] = (holders, queue)
            if not holders and not queue:
                del table[name]
            table = frozenset(table.items())
            # One that waits goes on behind its take once it has it.
            woken = waiting - still
            choices = [[p] for p in places]
            if flow not in still:
                choices[flow] = after
            for each in woken:
                choices[each] = flows[each][1][places[each]][3]
            for new in all_of(choices):
                reach(new, still, table)
        if not moved and waiting:
            return len(seen), (places, locks)
        if len(seen) > STATES_MAX:
            break
    return len(seen), None


def deadlock_of(program):
    """Returns how many states there are of all pairs and triples of its flows, and a deadlock."""
    flows = reduced([automaton(routine["steps"]) for routine in program["prog"]])
    states = 0
    for count in (2, 3):
        for several in combinations_with_replacement(flows, count):
            if not meet(several):
                continue
            found, deadlock = explore(several)
            states += found
            if deadlock:
                return states, deadlock
    return states, None


def main():
    from checker import emit

    fluxc, *files = sys.argv[1:]
    programs = states = 0
    for file in files:
        output = emit(fluxc, "json", "event", [], file, ".")
        if output is None:
            continue
        found, deadlock = deadlock_of(json.loads(output))
        programs, states = programs + 1, states + found
        if deadlock:
            sys.exit(f"{file}: flows wait in a circle: {deadlock}")
    print(f"{programs} programs, {states} states")


if __name__ == "__main__":
    main()
