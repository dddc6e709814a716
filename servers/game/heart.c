/* heart.c - turns: the clock, the move, and what everybody is told of it. */
#include "game_flux.h"

#include "flux.h"
#include "listen.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct turn heart; /* the source's; one run at a time */

int Clock(Clock_out *out)
{
    out->clock = settings.clock;
    return is_one_process() ? 0 : FLUX_STOP;
}

/* Turns that were missed are one, and count as late as the first of them. */
int Beat(Beat_in *in, Beat_out *out)
{
    uint64_t ticks = 0;
    if (read(in->clock, &ticks, sizeof ticks) != (ssize_t)sizeof ticks)
        return errno;
    heart.due = settings.begun + (heart.ticks + 1) * settings.period;
    heart.ticks += ticks;
    count(&counts.skipped, ticks - 1);
    out->turn = &heart;
    return 0;
}

int Advance(Advance_in *in, Advance_out *out)
{
    const uint64_t now = flux_now();
    score_begun(now > in->turn->due ? now - in->turn->due : 0);
    tag_game_turn(board);
    in->turn->seat = 0;
    in->turn->seats = tag_game_seats(board);
    outbox_clear(&in->turn->states);
    out->turn = in->turn;
    return 0;
}

/* A batch of states. After the last of them it is called once more, to note when they were out. */
int Compose(Compose_in *in, Compose_out *out)
{
    struct turn *turn = in->turn;
    const uint64_t now = flux_now();
    struct outbox *states = &turn->states;
    outbox_clear(states);
    for (; turn->seat < turn->seats && !outbox_is_full(states); turn->seat++) {
        uint8_t *data = turn->bytes[states->count];
        struct endpoint to;
        const size_t size = tag_game_state(board, turn->seat, now, data, &to);
        if (size > 0)
            outbox_add(states, &to, data, size);
    }
    if (states->count == 0)
        score_done(now > turn->due ? now - turn->due : 0);
    out->turn = turn;
    return 0;
}

/* Until the next turn: its state is worth more than what is left of this one. */
static int wait_for_room(const struct outbox *outbox, uint64_t until)
{
    struct pollfd room = {.fd = outbox_socket(outbox), .events = POLLOUT};
    const uint64_t now = flux_now();
    if (now >= until)
        return ETIMEDOUT;
    /* The kernel may have no memory for datagrams though the socket has room (ENOBUFS). */
    const int waited = poll(&room, 1, (int)((until - now) / 1000000));
    return waited < 0 ? errno : waited == 0 ? ETIMEDOUT : 0;
}

static void count_sent(const struct outbox *outbox)
{
    unsigned long long bytes = 0;
    for (unsigned i = 0; i < outbox->sent; i++)
        bytes += outbox->parts[i].iov_len;
    count(&counts.sent, outbox->sent);
    count(&counts.bytes, bytes);
}

int Send(Send_in *in, Send_out *out)
{
    struct turn *turn = in->turn;
    const uint64_t next = settings.begun + (turn->ticks + 1) * settings.period;
    unsigned refused = 0;
    int error;
    do
        error = outbox_send(&turn->states, &refused);
    while (error == EAGAIN && (error = wait_for_room(&turn->states, next)) == 0);
    count_sent(&turn->states);
    count(&counts.unsent, refused + turn->states.count - turn->states.sent);
    if (error != 0) {
        count(&counts.unsent, turn->seats - turn->seat);
        turn->seat = turn->seats;
    }
    out->turn = turn;
    return 0;
}

bool IsUnsent(struct turn *turn)
{
    return turn->states.count > 0;
}

/* ---- what need not be on time ---------------------------------------------------------------- */

static atomic_bool reporting; /* one at a time, however slow its reader is */

int Expire(Expire_in *in, Expire_out *out)
{
    (void)in;
    const uint64_t now = flux_now();
    count(&counts.expired, tag_game_expire(board, now));
    out->report = atomic_load(&reporting) ? NULL : score_line(now);
    if (out->report != NULL)
        atomic_store(&reporting, true);
    return 0;
}

int Report(Report_in *in)
{
    if (in->report == NULL)
        return 0;
    int error = 0;
    for (size_t left = strlen(in->report), at = 0; left > 0 && error == 0;) {
        const ssize_t written = write(STDOUT_FILENO, in->report + at, left);
        if (written < 0 && errno != EINTR)
            error = errno;
        at += written > 0 ? (size_t)written : 0;
        left -= written > 0 ? (size_t)written : 0;
    }
    free(in->report);
    atomic_store(&reporting, false);
    return error;
}
