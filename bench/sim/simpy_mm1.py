"""M/M/1 at 0.9 in SimPy 2, as its manual writes it. Prints the events and the mean response.

    simpy_mm1.py CUSTOMERS
"""

import random
import sys

from SimPy.Simulation import Process, Resource, Simulation, hold, release, request

CUSTOMERS = int(sys.argv[1])
responses = []


class Customer(Process):
    def visit(self, server, service):
        came = self.sim.now()
        yield request, self, server
        yield hold, self, service
        yield release, self, server
        responses.append(self.sim.now() - came)


class Door(Process):
    def open(self, server, luck):
        for _ in range(CUSTOMERS):
            yield hold, self, luck.expovariate(0.9)
            customer = Customer(sim=self.sim)
            self.sim.activate(customer, customer.visit(server, luck.expovariate(1)))


simulation = Simulation()
simulation.initialize()
door = Door(sim=simulation)
simulation.activate(door, door.open(Resource(sim=simulation), random.Random(1)))
simulation.simulate(until=float("inf"))
print(2 * CUSTOMERS, sum(responses) / len(responses))
