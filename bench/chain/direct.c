/* direct.c - what a person would write instead of chain.flux: a loop that calls the same nodes, in
 * a file of their own, and looks at what they return. */
#include "chain_flux.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t flows;

static int chain(const Count_out *count)
{
    One_out one;
    Two_out two;
    Three_out three;
    Four_out four;
    Five_out five;
    Six_out six;
    Seven_out seven;
    Eight_out eight;
    Nine_out nine;
    int error;

    if ((error = One(&(One_in){count->number, count->sum}, &one)) != 0 ||
        (error = Two(&(Two_in){one.number, one.sum}, &two)) != 0 ||
        (error = Three(&(Three_in){two.number, two.sum}, &three)) != 0 ||
        (error = Four(&(Four_in){three.number, three.sum}, &four)) != 0 ||
        (error = Five(&(Five_in){four.number, four.sum}, &five)) != 0 ||
        (error = Six(&(Six_in){five.number, five.sum}, &six)) != 0 ||
        (error = Seven(&(Seven_in){six.number, six.sum}, &seven)) != 0 ||
        (error = Eight(&(Eight_in){seven.number, seven.sum}, &eight)) != 0 ||
        (error = Nine(&(Nine_in){eight.number, eight.sum}, &nine)) != 0)
        return error;
    return Ten(&(Ten_in){nine.number, nine.sum});
}

int main(int argc, char **argv)
{
    Count_out count;

    flows = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    while (Count(&count) == 0) {
        int error = chain(&count);
        if (error != 0) {
            fprintf(stderr, "direct: error %d\n", error);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
