#include "exceptions_flux.h"

#include "flux.h"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace
{

const int FLOWS = 20;

// On the way out of a scope the flow waits, too.
struct Sleeper {
    int uncaught = std::uncaught_exceptions();
    bool *held;

    explicit Sleeper(bool *result) : held(result)
    {
    }
    ~Sleeper()
    {
        usleep(500);
        *held = std::uncaught_exceptions() == uncaught + 1;
    }
};

void throw_late(int number, bool *held)
{
    Sleeper sleeper(held);
    usleep(1000);
    throw std::runtime_error(std::to_string(number));
}

// The exception comes out of a handler that has waited, longer where the flow is younger, so that
// they leave their handlers in another order than they came in.
int caught(int number)
{
    bool held = false;
    try {
        try {
            throw_late(number, &held);
        } catch (const std::exception &) {
            usleep(static_cast<unsigned>(number % 2 ? 1000 : 20000));
            throw;
        }
    } catch (const std::exception &error) {
        return held && std::uncaught_exceptions() == 0 ? std::stoi(error.what()) : -1;
    }
    return -2;
}

} // namespace

int Numbers(Numbers_out *out)
{
    static int number;

    if (number == FLOWS)
        return FLUX_STOP;
    out->number = number++;
    return 0;
}

int Catch(Catch_in *in, Catch_out *out)
{
    out->number = caught(in->number) == in->number ? in->number : -1;
    return 0;
}

int Print(Print_in *in)
{
    std::printf("%d\n", in->number);
    return 0;
}
