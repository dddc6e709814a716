/* The nodes and predicates of dispatch.flux: the children's game of counting to fifteen. */
#include "dispatch_flux.h"

#include "flux.h"

#include <stdio.h>

int Count(Count_out *out)
{
    static int number;

    if (number == 15)
        return FLUX_STOP;
    out->number = ++number;
    out->loud = number != 13; /* an unlucky number is not called out */
    return 0;
}

/* A predicate sees one field, and has no effects: whether and how often it is asked is the
 * program's business. */
bool DivisibleBy3(int number)
{
    return number % 3 == 0;
}

bool DivisibleBy5(int number)
{
    return number % 5 == 0;
}

bool IsSilent(bool loud)
{
    return !loud;
}

int Fizz(Fizz_in *in, Fizz_out *out)
{
    printf("%2d Fizz\n", in->number);
    *out = (Fizz_out){in->number, in->loud};
    return 0;
}

int Buzz(Buzz_in *in, Buzz_out *out)
{
    printf("%2d Buzz\n", in->number);
    *out = (Buzz_out){in->number, in->loud};
    return 0;
}

int FizzBuzz(FizzBuzz_in *in, FizzBuzz_out *out)
{
    printf("%2d FizzBuzz\n", in->number);
    *out = (FizzBuzz_out){in->number, in->loud};
    return 0;
}

int Number(Number_in *in, Number_out *out)
{
    printf("%2d\n", in->number);
    *out = (Number_out){in->number, in->loud};
    return 0;
}

int Shout(Shout_in *in)
{
    if (in->number == 15)
        printf("that was %d\n", in->number);
    return 0;
}
