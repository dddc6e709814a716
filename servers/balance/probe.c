/* probe.c - how replicas are that nobody has tried lately: each is dialled now and then, and hung
 * up on. All that are due are dialled at once, so one that hangs keeps no other waiting. */
#include "balance_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int start(struct probe *probe)
{
    const struct replica *to = probe->replica;
    probe->socket = socket(to->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe->socket < 0)
        return errno;
    if (connect(probe->socket, (const struct sockaddr *)&to->address, to->address_length) == 0)
        return EISCONN;
    return errno == EINPROGRESS || errno == EINTR ? 0 : errno;
}

static void await_next(const probes *all, int *ready, int *patience)
{
    uint64_t now = flux_now();
    *ready = *patience = -1;
    if (all == NULL || all->next >= all->count)
        return;
    *ready = all->of[all->next].socket;
    *patience = now < all->deadline ? milliseconds(all->deadline - now) : 0;
}

/* Those whose outcome is known at once count as ready, as their sockets are. */
int Knock(Knock_out *out)
{
    size_t room = settings.probe > 0 ? replicas_count(replicas) : 0;
    struct replica *due = room > 0 ? replicas_due(replicas, settings.probe) : NULL;
    probes *all = NULL;
    if (due != NULL)
        all = flux_alloc(sizeof *all + room * sizeof all->of[0]);
    if (due != NULL && all == NULL)
        replicas_probed(replicas, due);
    if (all != NULL) {
        all->deadline = flux_now() + settings.probe_timeout;
        for (; due != NULL; due = replicas_due(replicas, settings.probe)) {
            struct probe *probe = &all->of[all->count++];
            probe->replica = due;
            probe->error = start(probe);
        }
    }
    out->probes = all;
    await_next(all, &out->ready, &out->patience);
    return 0;
}

static void judge(probes *all, int error)
{
    struct probe *probe = &all->of[all->next++];
    struct replica *replica = probe->replica;
    socklen_t length = sizeof error;
    if (probe->error == EISCONN)
        error = 0;
    else if (probe->error != 0)
        error = probe->error;
    else if (error == 0 && getsockopt(probe->socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    if (probe->socket >= 0)
        close(probe->socket);
    if (error == 0 && replicas_reached(replicas, replica)) {
        flux_log(FLUX_INFO, "replica %s is up: a probe has reached it", replica->name);
        queue_advance();
    }
    if (error != 0 && error != EMFILE && error != ENFILE && replicas_failed(replicas, replica))
        flux_log(FLUX_WARNING, "replica %s is down: %s", replica->name, flux_strerror(error));
    replicas_probed(replicas, replica);
}

int Answer(Answer_in *in, Answer_out *out)
{
    judge(in->probes, 0);
    out->probes = in->probes;
    await_next(in->probes, &out->ready, &out->patience);
    return 0;
}

int NoAnswer(NoAnswer_in *in, NoAnswer_out *out)
{
    judge(in->probes, in->error);
    out->probes = in->probes;
    await_next(in->probes, &out->ready, &out->patience);
    return 0;
}

int Done(Done_in *in)
{
    (void)in;
    return 0;
}

bool IsAwaited(probes *all)
{
    return all != NULL && all->next < all->count;
}
