/* The nodes of sessions.flux: three users, each with a cart of their own. */
#include "sessions_flux.h"

#include "flux.h"

#include <sched.h>
#include <stdio.h>

enum { USERS = 3 };

static struct {
    int items, sum;
} carts[USERS]; /* each guarded by `cart` of its user's session */

int Requests(Requests_out *out)
{
    static int count;

    if (count == 900)
        return FLUX_STOP;
    out->user = count % USERS;
    out->price = 1 + out->user;
    count++;
    return 0;
}

/* Called for each new flow. The same number from two flows means the same session. */
uint64_t UserOf(const Requests_out *request)
{
    return (uint64_t)request->user;
}

int AddToCart(AddToCart_in *in)
{
    int sum = carts[in->user].sum;

    sched_yield();
    carts[in->user].sum = sum + in->price;
    carts[in->user].items++;
    return 0;
}

int Report(void)
{
    for (int user = 0; user < USERS; user++)
        printf("user %d: %d items, %d\n", user, carts[user].items, carts[user].sum);
    return 0;
}
