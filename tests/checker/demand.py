"""What each node has to take, by the letter of R30 and R31: every way down, until nothing changes.

The compiler descends once for each constraint and visits a node once. Here every way from where a
flow begins is followed with what is held around, and where a node would take a constraint that is
not held while a later one is, the constraint is added to the outermost node around that takes a
later one; then everything again, until a round adds nothing.
"""


class Demand:
    def __init__(self, text):
        self.text = text
        self.taken = {name: set(node.uses) for name, node in text.nodes.items()}
        self.leads = {
            name: self.with_recoveries(m for _, members in node.arms for m in members)
            for name, node in text.nodes.items()
        }
        while self.round():
            pass
        self.takes = {name: self.with_modes(name) for name in text.nodes}

    # ---- what runs inside what -------------------------------------------------------------------

    def with_recoveries(self, names):
        """These nodes, and what runs in their place after an error (R25)."""
        found = []
        for name in names:
            while name is not None and name not in found:
                found.append(name)
                handler = self.text.nodes[name].handler
                name = None if handler is None or self.text.ends(handler) else handler
        return found

    def beginnings(self):
        """Where a flow holds nothing: sources, targets, `finally`, ending handlers."""
        text = self.text
        names = [node.handler for node in text.nodes.values() if node.handler]
        names = [name for name in names if text.ends(name)] + [text.default_handler]
        for source in text.sources:
            names += [source.node, source.target, source.closing]
        return self.with_recoveries(name for name in names if name is not None)

    # ---- early acquisition -----------------------------------------------------------------------

    def later(self, holder, constraint):
        rank = self.text.rank(constraint)
        return any(self.text.rank(other) > rank for other in self.taken[holder])

    def round(self):
        """Every way, once; whether something was added."""
        added = False
        work = [(name, ()) for name in self.beginnings()]
        seen = set(work)
        while work:
            name, around = work.pop()
            held = set().union(*(self.taken[holder] for holder in around))
            for constraint in sorted(self.taken[name] - held):
                for holder in around:
                    if self.later(holder, constraint):
                        self.taken[holder].add(constraint)
                        added = True
                        break
            if self.taken[name] - held:  # one that takes nothing new tells nothing apart
                around += (name,)
            for inner in self.leads[name]:
                if (inner, around) not in seen:
                    seen.add((inner, around))
                    work.append((inner, around))
        return added

    # ---- modes -----------------------------------------------------------------------------------

    def with_modes(self, name):
        """What a node takes: {constraint: whether it, or anything inside it, writes}."""
        if not self.taken[name]:
            return {}
        inside, work = {name}, [name]
        while work:
            for inner in self.leads[work.pop()]:
                if inner not in inside:
                    inside.add(inner)
                    work.append(inner)
        return {
            constraint: any(self.text.nodes[each].uses.get(constraint) for each in inside)
            for constraint in sorted(self.taken[name], key=self.text.rank)
        }
