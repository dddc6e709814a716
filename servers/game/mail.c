/* mail.c - datagrams that come in, and their answers. */
#include "game_flux.h"

#include "flux.h"
#include "listen.h"
#include "spare.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#define SECOND          UINT64_C(1000000000)
#define COOKIE_PATIENCE 10 /* seconds */

/* What has come and is not handled yet waits in the kernel, which knows what to do with too much.
 */
#define BATCHES 64
#define PAUSE   500 /* microseconds */

static struct spare batches = {.size = sizeof(struct batch)};

void batches_free(void)
{
    spare_clear(&batches);
}

/* ---- a batch --------------------------------------------------------------------------------- */

int Port(Port_out *out)
{
    if (!is_one_process())
        return FLUX_STOP;
    while (flux_load().flows >= BATCHES && !flux_stopping())
        usleep(PAUSE);
    out->port = settings.port;
    return 0;
}

int Take(Take_in *in, Take_out *out)
{
    (void)in;
    struct batch *batch = spare_take(&batches);
    if (batch == NULL)
        return ENOMEM;
    batch->count = batch->at = 0;
    outbox_clear(&batch->replies);
    int error = EAGAIN;
    for (unsigned i = 0; i < listen_count() && batch->count < DATAGRAMS_BATCH; i++) {
        const int got = datagrams_receive(listen_socket(i), i, batch->datagrams + batch->count,
                                          DATAGRAMS_BATCH - batch->count);
        if (got > 0)
            batch->count += (unsigned)got;
        else if (got < 0 && errno != EAGAIN)
            error = errno;
    }
    if (batch->count == 0) {
        spare_give(&batches, batch);
        return error;
    }
    count(&counts.received, batch->count);
    out->batch = batch;
    return 0;
}

int Next(Next_in *in, Next_out *out)
{
    struct batch *batch = in->batch;
    const struct datagram *datagram = &batch->datagrams[batch->at++];
    tag_read_request(&batch->request, datagram->data, datagram->size);
    out->batch = batch;
    return 0;
}

int Release(Release_in *in)
{
    spare_give(&batches, in->batch);
    return 0;
}

bool HasMore(struct batch *batch)
{
    return batch->at < batch->count;
}

bool IsHello(struct batch *batch)
{
    return batch->request.kind == TAG_HELLO || batch->request.kind == TAG_FOREIGN;
}

bool IsJoin(struct batch *batch)
{
    return batch->request.kind == TAG_JOIN;
}

bool IsInput(struct batch *batch)
{
    return batch->request.kind == TAG_INPUT;
}

bool IsLeave(struct batch *batch)
{
    return batch->request.kind == TAG_LEAVE;
}

/* ---- answers --------------------------------------------------------------------------------- */

static const struct endpoint *sender(const struct batch *batch)
{
    return &batch->datagrams[batch->at - 1].from;
}

/* Where the answer to this datagram is written; one for each, so there is always room. */
static uint8_t *answer(struct batch *batch)
{
    return batch->bytes[batch->replies.count];
}

static void add_answer(struct batch *batch, size_t size)
{
    outbox_add(&batch->replies, sender(batch), answer(batch), size);
}

/* Answers that the kernel does not take at once are lost: whoever asked will ask again. */
int Reply(Reply_in *in)
{
    struct outbox *replies = &in->batch->replies;
    unsigned refused = 0;
    unsigned long long bytes = 0;
    outbox_send(replies, &refused);
    for (unsigned i = 0; i < replies->sent; i++)
        bytes += replies->parts[i].iov_len;
    count(&counts.sent, replies->sent - refused);
    count(&counts.bytes, bytes);
    count(&counts.unsent, replies->count - replies->sent + refused);
    return 0;
}

/* ---- strangers ------------------------------------------------------------------------------- */

static uint32_t seconds(uint64_t now)
{
    return (uint32_t)(now / SECOND);
}

int Challenge(Challenge_in *in, Challenge_out *out)
{
    struct batch *batch = in->batch;
    const uint64_t now = flux_now();
    struct tag_challenge challenge = {.nonce = batch->request.nonce, .time = seconds(now)};
    out->batch = batch;
    if (!limiter_allows(strangers, sender(batch), now))
        return EBUSY;
    if (batch->request.kind == TAG_FOREIGN)
        return EPROTONOSUPPORT;
    const int error = cookie_make(&settings.key, sender(batch), challenge.nonce, challenge.time,
                                  challenge.cookie);
    if (error == 0)
        add_answer(batch, tag_write_challenge(answer(batch), &challenge));
    return error;
}

int Verify(Verify_in *in, Verify_out *out)
{
    const struct tag_request *request = &in->batch->request;
    const uint64_t now = flux_now();
    out->batch = in->batch;
    if (!limiter_allows(strangers, sender(in->batch), now))
        return EBUSY;
    return cookie_is_good(&settings.key, sender(in->batch), request->nonce, request->time,
                          seconds(now), COOKIE_PATIENCE, request->cookie)
               ? 0
               : EACCES;
}

/* What an error means to the client; 0: nothing is said. */
static enum tag_refusal refusal_of(int error)
{
    switch (error) {
    case EACCES:
        return TAG_STALE;
    case EINVAL:
        return TAG_NAMELESS;
    case EUSERS:
        return TAG_CROWD;
    case ENOSPC:
        return TAG_FULL;
    case EPROTONOSUPPORT:
        return TAG_OTHER_VERSION;
    default:
        return 0;
    }
}

int Refuse(Refuse_in *in, Refuse_out *out)
{
    struct batch *batch = in->batch;
    const enum tag_refusal reason = refusal_of(in->error);
    count(in->error == EBUSY ? &counts.limited : &counts.refused, 1);
    if (reason != 0)
        add_answer(batch, tag_write_refused(answer(batch), batch->request.nonce, reason));
    out->batch = batch;
    return 0;
}

/* ---- players --------------------------------------------------------------------------------- */

int Admit(Admit_in *in, Admit_out *out)
{
    struct batch *batch = in->batch;
    struct tag_welcome welcome;
    uint64_t token;
    out->batch = batch;
    if (getrandom(&token, sizeof token, 0) != (ssize_t)sizeof token)
        return errno;
    const int error =
        tag_game_join(board, &batch->request, sender(batch), token, flux_now(), &welcome);
    if (error != 0)
        return error;
    if (welcome.token == token)
        count(&counts.joined, 1);
    add_answer(batch, tag_write_welcome(answer(batch), &welcome));
    return 0;
}

int Steer(Steer_in *in, Steer_out *out)
{
    struct batch *batch = in->batch;
    out->batch = batch;
    return tag_game_input(board, &batch->request, sender(batch), flux_now());
}

static void say_gone(struct batch *batch, enum tag_gone reason)
{
    const struct tag_farewell farewell = {batch->request.player, batch->request.token,
                                          (uint8_t)reason};
    add_answer(batch, tag_write_farewell(answer(batch), &farewell));
}

int Leave(Leave_in *in, Leave_out *out)
{
    struct batch *batch = in->batch;
    out->batch = batch;
    const int error = tag_game_leave(board, &batch->request, sender(batch));
    if (error != 0)
        return error;
    count(&counts.left, 1);
    say_gone(batch, TAG_HAS_LEFT);
    return 0;
}

/* Whoever is no player is told, so that it can join again; a player's late datagram is nothing. */
int Dismiss(Dismiss_in *in, Dismiss_out *out)
{
    struct batch *batch = in->batch;
    out->batch = batch;
    if (in->error == EALREADY) {
        count(&counts.repeated, 1);
    } else if (in->error == EBUSY || !limiter_allows(strangers, sender(batch), flux_now())) {
        count(&counts.limited, 1);
    } else {
        count(&counts.unknown, 1);
        say_gone(batch, TAG_UNKNOWN);
    }
    return 0;
}

int Drop(Drop_in *in, Drop_out *out)
{
    count(&counts.invalid, 1);
    out->batch = in->batch;
    return 0;
}
