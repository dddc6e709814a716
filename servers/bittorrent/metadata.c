/* metadata.c - the info dictionary: handed out to those who ask, and fetched for a magnet link
 * (BEP 9).
 *
 * Of a peer that has it all is fetched, whatever others say it is like: so one that lies about its
 * size holds up nobody. Some are asked at a time, and whose copy is the first to have the right
 * hash ends the search.
 */
#include "bittorrent_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_COPIES  4  /* that are being fetched at a time */
#define MOST_AT_ONCE 16 /* pieces that a peer is asked for */

struct adopted adopted;

/* ---- fetching -------------------------------------------------------------------------------- */

static uint32_t copies(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < swarm.peer_count; i++)
        count += swarm.peers[i]->info != NULL;
    return count;
}

static void give_up(swarm_peer *peer)
{
    free(peer->info);
    peer->info = NULL;
    peer->info_gave_up = true;
}

static void begin_copy(swarm_peer *peer)
{
    if (peer->ext.metadata == 0 || peer->ext.metadata_size == 0 || peer->info_gave_up ||
        peer->ext.metadata_size > METAINFO_LARGEST_INFO || copies() >= MOST_COPIES)
        return;
    peer->info = malloc((size_t)peer->ext.metadata_size);
    peer->info_got = peer->info_asked = 0;
    peer->info_size = (size_t)peer->ext.metadata_size;
    peer->info_pieces = (uint32_t)((peer->info_size + EXTENDED_PIECE - 1) / EXTENDED_PIECE);
    peer->block_at = flux_now();
}

void metadata_plan(swarm_peer *peer)
{
    if (swarm_knows() || swarm.adopting) {
        if (!swarm.adopting && peer->info != NULL)
            give_up(peer);
        return;
    }
    if (peer->info == NULL)
        begin_copy(peer);
    /* Pieces come in the order in which they were asked for, from all who are known to speak this.
     */
    while (peer->info != NULL && peer->info_asked < peer->info_pieces &&
           peer->info_asked - peer->info_got < MOST_AT_ONCE) {
        struct buffer dictionary = {0};
        metadata_write(&dictionary, METADATA_REQUEST, peer->info_asked++, 0);
        wire_put_extended(&peer->out, peer->ext.metadata, &dictionary, NULL, 0);
        buffer_free(&dictionary);
    }
}

/* Returns EPROTO where it is not what was asked for. */
static int take_piece(swarm_peer *peer, const struct metadata_message *message)
{
    if (peer->info == NULL)
        return 0; /* not any more */
    size_t at = (size_t)message->piece * EXTENDED_PIECE;
    if (message->piece != peer->info_got || message->piece >= peer->info_asked)
        return peer_fault(peer, EPROTO, "metadata that was not asked for");
    size_t size = peer->info_size - at;
    size = size < EXTENDED_PIECE ? size : EXTENDED_PIECE;
    if (message->size != size)
        return peer_fault(peer, EPROTO, "metadata of a wrong size");
    memcpy(peer->info + at, message->data, size);
    peer->block_at = flux_now();
    if (++peer->info_got < peer->info_pieces)
        return 0;
    uint8_t hash[METAINFO_HASH];
    piece_hash(peer->info, peer->info_size, hash);
    if (memcmp(hash, swarm.info_hash, METAINFO_HASH) != 0) {
        give_up(peer);
        candidates_ban(&swarm.candidates, &peer->address);
        return peer_fault(peer, EPROTO, "its metadata is wrong");
    }
    peer->informed = !swarm.adopting && !swarm_knows();
    swarm.adopting |= peer->informed;
    return 0;
}

/* ---- handing out ----------------------------------------------------------------------------- */

static void answer(swarm_peer *peer, uint32_t piece)
{
    uint64_t at = (uint64_t)piece * EXTENDED_PIECE;
    if (peer->ext.metadata == 0)
        return;
    struct buffer dictionary = {0};
    const uint8_t *data = NULL;
    size_t size = 0;
    if (swarm_knows() && at < swarm.metainfo.info_length &&
        buffer_left(&peer->out) < (256u << 10)) {
        uint64_t rest = swarm.metainfo.info_length - at;
        size = rest < EXTENDED_PIECE ? (size_t)rest : EXTENDED_PIECE;
        data = swarm.metainfo.info + at;
        metadata_write(&dictionary, METADATA_DATA, piece, swarm.metainfo.info_length);
    } else if (buffer_left(&peer->out) < (320u << 10)) {
        peer->nuisance++;
        metadata_write(&dictionary, METADATA_REJECT, piece, 0);
    } else {
        peer->nuisance += 10;
        return;
    }
    wire_put_extended(&peer->out, peer->ext.metadata, &dictionary, data, size);
    buffer_free(&dictionary);
}

int Inform(Inform_in *in, Inform_out *out)
{
    swarm_peer *peer = in->peer;
    struct metadata_message message;
    PASS_ON(in, out);
    if (metadata_read(&message, peer->message.data, peer->message.size) != 0)
        return peer_fault(peer, EPROTO, "a malformed message about metadata");
    switch (message.kind) {
    case METADATA_REQUEST:
        answer(peer, message.piece);
        return 0;
    case METADATA_DATA:
        return take_piece(peer, &message);
    case METADATA_REJECT:
        give_up(peer);
        return 0;
    default:
        return 0;
    }
}

/* ---- the torrent is known -------------------------------------------------------------------- */

bool IsInformed(swarm_peer *peer)
{
    return peer->informed;
}

/* Only one flow comes here: `adopting` has told all others that they are late. */
int Adopt(Adopt_in *in, Adopt_out *out)
{
    const char *why = "there is no memory";
    PASS_ON(in, out);
    int error = metainfo_parse_info(&adopted.metainfo, in->peer->info, in->peer->info_size, &why);
    if (error != 0) {
        flux_log(FLUX_ERROR, "the torrent of this link cannot be used: %s", why);
        return error;
    }
    error = setup_storage(&adopted.storage, &adopted.metainfo);
    if (error != 0)
        metainfo_free(&adopted.metainfo);
    return error;
}

int Begin(Begin_in *in, Begin_out *out)
{
    PASS_ON(in, out);
    in->peer->informed = false;
    give_up(in->peer);
    swarm.metainfo = adopted.metainfo;
    swarm.storage = adopted.storage;
    swarm.storage.metainfo = &swarm.metainfo;
    swarm.adopting = false;
    report_event("metadata", swarm.metainfo.name);
    return swarm_begin();
}

/* The hash was right: no other peer has a better one. */
int Distrust(Distrust_in *in, Distrust_out *out)
{
    PASS_ON(in, out);
    in->peer->informed = false;
    setup_fail();
    return in->error;
}

bool IsMetadata(swarm_peer *peer)
{
    return peer->message.kind == WIRE_EXTENDED && peer->message.extended == EXTENDED_METADATA;
}
