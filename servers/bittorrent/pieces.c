/* pieces.c - pieces from the last block to the disk, and from the disk back into the swarm. */
#include "bittorrent_flux.h"

#include "flux.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE (10 * SECOND) /* in which the disk is not tried again */

static uint64_t offset_of(uint32_t piece)
{
    return (uint64_t)piece * swarm.metainfo.piece_length;
}

void piece_hash(const void *data, size_t size, uint8_t hash[METAINFO_HASH])
{
    if (EVP_Digest(data, size, hash, NULL, EVP_sha1(), NULL) != 1)
        memset(hash, 0, METAINFO_HASH);
}

static bool is_right(const void *data, uint32_t piece)
{
    uint8_t hash[METAINFO_HASH];
    piece_hash(data, metainfo_piece_size(&swarm.metainfo, piece), hash);
    return memcmp(hash, metainfo_hash(&swarm.metainfo, piece), METAINFO_HASH) == 0;
}

/* ---- down: blocks of peers ------------------------------------------------------------------- */

int Store(Store_in *in, Store_out *out)
{
    PASS_ON(in, out);
    struct partial *partial = requests_answer(in->peer, &in->peer->message);
    int error = partial != NULL ? handover_put(&whole, &partial) : 0;
    if (error != 0) {
        rarest_put_back(&swarm.rarest, partial->piece);
        partial_free(&swarm.partials, partial);
    }
    return error;
}

bool IsBlock(swarm_peer *peer)
{
    return peer->message.kind == WIRE_PIECE;
}

int Whole(Whole_out *out)
{
    return handover_take(&whole, &out->piece);
}

int Hash(Hash_in *in, Hash_out *out)
{
    out->piece = in->piece;
    return is_right(in->piece->data, in->piece->piece) ? 0 : EBADMSG;
}

int Write(Write_in *in, Write_out *out)
{
    out->piece = in->piece;
    return storage_write(&swarm.storage, offset_of(in->piece->piece), in->piece->data,
                         in->piece->size);
}

int Credit(Credit_in *in)
{
    swarm_got(in->piece->piece);
    partial_free(&swarm.partials, in->piece);
    if (swarm_complete()) {
        swarm.completed = swarm.announce_now = true;
        report_event("complete", swarm.metainfo.name);
        if (settings.exit_when_done)
            setup_done();
    }
    return 0;
}

/* ---- what is wrong --------------------------------------------------------------------------- */

/* Whether all blocks came from one peer. */
static bool is_from(const struct partial *partial, uint32_t number)
{
    for (uint32_t i = 0; i < partial->blocks; i++) {
        if (partial->block[i].from != number)
            return false;
    }
    return true;
}

static bool has_helped(const struct partial *partial, uint32_t number)
{
    for (uint32_t i = 0; i < partial->blocks; i++) {
        if (partial->block[i].from == number)
            return true;
    }
    return false;
}

/* One of those who sent it has lied. Who sent all of it is known; of several, who is among them
 * time and again. */
static void blame(const struct partial *partial)
{
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        swarm_peer *peer = swarm.peers[i];
        if (!has_helped(partial, peer->number))
            continue;
        if (is_from(partial, peer->number) || ++peer->strikes >= 4) {
            candidates_ban(&swarm.candidates, &peer->address);
            peer->doomed = true;
            peer_wake(peer);
        }
    }
}

int Discard(Discard_in *in)
{
    struct partial *partial = in->piece;
    if (in->error == EBADMSG) {
        flux_log(FLUX_WARNING, "piece %u is not what it should be, and is fetched again",
                 partial->piece);
        swarm.corrupt += partial->size;
        blame(partial);
    } else {
        uint64_t now = flux_now();
        if (swarm.pause_until < now)
            flux_log(FLUX_ERROR, "cannot write to %s: %s; downloading pauses for 10 s",
                     settings.dir, flux_strerror(in->error));
        swarm.pause_until = now + PAUSE;
    }
    rarest_put_back(&swarm.rarest, partial->piece);
    partial_free(&swarm.partials, partial);
    return 0;
}

/* By `final`: those that no flow has taken any more. */
void pieces_finish(void)
{
    struct partial *partial;
    while (handover_try(&whole, &partial) == 0) {
        if (is_right(partial->data, partial->piece) &&
            storage_write(&swarm.storage, offset_of(partial->piece), partial->data,
                          partial->size) == 0)
            swarm_got(partial->piece);
        partial_free(&swarm.partials, partial);
    }
}

/* ---- up: what is on the disk ----------------------------------------------------------------- */

int Unverified(Unverified_out *out)
{
    return handover_take(&unverified, &out->piece);
}

enum { NO_MORE = -1, ALL_DONE = -2 };

/* The next one that nobody has looked at. One flow is told that all have been looked at. */
int Assign(Assign_in *in, Assign_out *out)
{
    (void)in;
    out->piece = NO_MORE;
    if (swarm.next_check < swarm.metainfo.pieces) {
        out->piece = swarm.next_check++;
    } else if (swarm.checked == swarm.metainfo.pieces && swarm.stage == STAGE_CHECKING) {
        out->piece = ALL_DONE;
        swarm.stage = STAGE_RUNNING;
    }
    return 0;
}

/* The hash of a piece of zeros: that of a hole is known without reading it. Computed once, by
 * `initial` or when a link's torrent is known. */
static uint8_t hole_hash[METAINFO_HASH];

static bool is_right_hole(uint32_t piece)
{
    return metainfo_piece_size(&swarm.metainfo, piece) == swarm.metainfo.piece_length &&
           memcmp(hole_hash, metainfo_hash(&swarm.metainfo, piece), METAINFO_HASH) == 0;
}

int pieces_prepare_hole(void)
{
    uint8_t *zeros = calloc(1, swarm.metainfo.piece_length);
    if (zeros == NULL)
        return ENOMEM;
    piece_hash(zeros, swarm.metainfo.piece_length, hole_hash);
    free(zeros);
    return 0;
}

static int digest(uint32_t piece, uint8_t *data, bool *good)
{
    uint32_t size = metainfo_piece_size(&swarm.metainfo, piece);
    int error = storage_read(&swarm.storage, offset_of(piece), data, size);
    if (create_hashes != NULL) {
        if (error == 0)
            piece_hash(data, size, create_hashes + (size_t)piece * METAINFO_HASH);
        *good = error == 0;
        return error;
    }
    *good = error == 0 && is_right(data, piece);
    return error == ENOENT ? 0 : error;
}

/* A piece that cannot be read counts as missing. */
int Digest(Digest_in *in, Digest_out *out)
{
    uint32_t piece = (uint32_t)in->piece;
    *out = (Digest_out){in->piece, false};
    if (in->piece < 0)
        return 0;
    uint32_t size = metainfo_piece_size(&swarm.metainfo, piece);
    if (create_hashes == NULL && size == swarm.metainfo.piece_length &&
        storage_is_hole(&swarm.storage, offset_of(piece), size)) {
        out->good = is_right_hole(piece) && !settings.seed;
        return 0;
    }
    uint8_t *data = malloc(size);
    int error = data != NULL ? digest(piece, data, &out->good) : ENOMEM;
    free(data);
    if (error != 0)
        flux_log(FLUX_WARNING, "piece %u cannot be read: %s", piece, flux_strerror(error));
    return 0;
}

static void all_checked(void)
{
    swarm.announce_now = true;
    if (settings.seed && swarm.left > 0)
        flux_log(FLUX_WARNING, "of %u pieces %u are missing or wrong in %s, and are not seeded",
                 swarm.metainfo.pieces, swarm.metainfo.pieces - swarm.have_count, settings.dir);
    report_event("verified", swarm.metainfo.name);
    if (swarm_complete() && settings.exit_when_done)
        setup_done();
    for (uint32_t i = 0; i < swarm.peer_count; i++)
        peer_wake(swarm.peers[i]);
}

int Note(Note_in *in, Note_out *out)
{
    out->piece = in->piece;
    if (in->piece >= 0) {
        swarm.checked++;
        if (in->good)
            swarm_got((uint32_t)in->piece);
    }
    if (in->piece == ALL_DONE && create_hashes == NULL)
        all_checked();
    return 0;
}

bool IsUnchecked(int64_t piece)
{
    return piece >= 0 && !flux_stopping();
}

int Conclude(Conclude_in *in)
{
    return in->piece == ALL_DONE && create_hashes != NULL ? create_finish() : 0;
}
