/* setup.c - options, and what lives as long as the program. */
#include "bittorrent_flux.h"

#include "address.h"
#include "flux.h"
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS_KEPT 64 /* for the runtime, the log, trackers */
#define LARGEST_TORRENT  (64u << 20)

struct settings settings = {
    .dir = ".",
    .most_peers = 500,
    .per_address = 16,
    .slots = 8,
    .memory = 128 << 20,
};

static const char *peers[32];
static size_t peer_count;
static struct metainfo given; /* its trackers are those of the command line */
static atomic_bool failed;

static int add_peer(const char *address)
{
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    if (address_split(address, host, port) != 0)
        return EINVAL;
    if (peer_count == sizeof peers / sizeof peers[0])
        return ENOSPC;
    peers[peer_count++] = address;
    return 0;
}

static int add_tracker(const char *url)
{
    size_t before = given.tracker_count;
    int error = metainfo_add_tracker(&given, url, strlen(url), (unsigned)before);
    return error != 0 ? error : given.tracker_count > before ? 0 : EINVAL;
}

/* clang-format off */
static const struct flux_option options[] = {
    {"dir", "DIR", "the folder that the files of the torrent are in",
     FLUX_STRING, &settings.dir, 0, 0, NULL},
    {"listen", "ADDR:PORT", "accept peers there; may be repeated, port 0 takes a free one (:6881)",
     FLUX_CALL, NULL, 0, 0, listen_option},
    {"seed", NULL, "only seed what is there: nothing is downloaded or written",
     FLUX_FLAG, &settings.seed, 0, 0, NULL},
    {"exit-when-done", NULL, "end once everything has been downloaded, instead of seeding",
     FLUX_FLAG, &settings.exit_when_done, 0, 0, NULL},
    {"up", "B/s", "upload no faster than that; 0: no limit",
     FLUX_SIZE, &settings.up, 0, 0, NULL},
    {"down", "B/s", "download no faster than that; 0: no limit",
     FLUX_SIZE, &settings.down, 0, 0, NULL},
    {"slots", "N", "upload to so many peers at a time",
     FLUX_NUMBER, &settings.slots, 1, 10000, NULL},
    {"max-peers", "N", "connections to peers, at most",
     FLUX_NUMBER, &settings.most_peers, 2, 10000, NULL},
    {"max-per-address", "N", "of these, from one address; 0: no limit",
     FLUX_NUMBER, &settings.per_address, 0, 0, NULL},
    {"memory", "B", "for pieces that are not yet complete",
     FLUX_SIZE, &settings.memory, 0, 0, NULL},
    {"peer", "ADDR:PORT", "connect to this peer; may be repeated",
     FLUX_CALL, NULL, 0, 0, add_peer},
    {"tracker", "URL", "announce to this tracker as well; may be repeated; with --create, in the torrent",
     FLUX_CALL, NULL, 0, 0, add_tracker},
    {"create", "FILE", "make a torrent of this file or folder, and end",
     FLUX_STRING, &settings.create, 0, 0, NULL},
    {"o", "FILE", "--create: write the torrent to it",
     FLUX_STRING, &settings.output, 0, 0, NULL},
    {"piece-length", "B", "--create: bytes in a piece; 0: by size",
     FLUX_SIZE, &settings.piece_length, 0, METAINFO_LONGEST, NULL},
    {"comment", "TEXT", "--create: a comment",
     FLUX_STRING, &settings.comment, 0, 0, NULL},
    {"private", NULL, "--create: peers are to be had from its trackers alone",
     FLUX_FLAG, &settings.is_private, 0, 0, NULL},
};
/* clang-format on */
FLUX_OPTIONS(options);
FLUX_ABOUT("downloads and seeds a torrent (BitTorrent)", "[FILE.torrent | MAGNET-LINK]", "1.0");

/* ---- the torrent ----------------------------------------------------------------------------- */

static int read_file(const char *path, struct buffer *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
    if (fd < 0)
        return errno;
    for (;;) {
        uint8_t *to = buffer_extend(text, 65536);
        ssize_t got = to != NULL && text->used <= LARGEST_TORRENT ? read(fd, to, 65536) : 0;
        if (got < 0 || to == NULL || text->used > LARGEST_TORRENT) {
            error = got < 0 ? errno : to == NULL ? ENOMEM : EFBIG;
            break;
        }
        text->used -= 65536 - (size_t)got;
        if (got == 0)
            break;
    }
    close(fd);
    return error;
}

static int add_trackers(const struct metainfo *from)
{
    int error = 0;
    for (size_t i = 0; i < from->tracker_count && error == 0; i++) {
        const struct metainfo_tracker *one = &from->trackers[i];
        error = metainfo_add_tracker(&given, one->url, strlen(one->url), one->tier);
    }
    return error;
}

static int load_torrent(const char *path)
{
    struct buffer text = {0};
    int error = read_file(path, &text);
    if (error != 0) {
        flux_log(FLUX_ERROR, "%s: %s", path, strerror(error));
    } else {
        const char *why = "there is no memory";
        error = metainfo_parse(&swarm.metainfo, text.data, text.used, &why);
        if (error != 0)
            flux_log(FLUX_ERROR, "%s: %s", path, why);
    }
    buffer_free(&text);
    if (error != 0)
        return error;
    piece_hash(swarm.metainfo.info, swarm.metainfo.info_length, swarm.info_hash);
    return add_trackers(&swarm.metainfo);
}

static int add_address(const char *text)
{
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    if (address_split(text, host, port) != 0)
        return EINVAL;
    int problem = getaddrinfo(host, port, &hints, &found);
    if (problem != 0) {
        flux_log(FLUX_ERROR, "peer %s: %s", text, gai_strerror(problem));
        return EADDRNOTAVAIL;
    }
    for (struct addrinfo *one = found; one != NULL; one = one->ai_next) {
        struct sockaddr_storage address = {0};
        memcpy(&address, one->ai_addr, one->ai_addrlen);
        struct peer at = peer_of(&address);
        candidates_add(&swarm.candidates, &at);
    }
    freeaddrinfo(found);
    return 0;
}

static int load_magnet(const char *link)
{
    struct magnet magnet;
    int error = magnet_parse(&magnet, link);
    if (error != 0)
        flux_log(FLUX_ERROR,
                 "not a magnet link with the SHA-1 hash of a torrent (xt=urn:btih:): %s", link);
    memcpy(swarm.info_hash, magnet.hash, METAINFO_HASH);
    if (error == 0)
        error = add_trackers(&magnet.trackers);
    for (size_t i = 0; i < magnet.peer_count && error == 0; i++)
        add_address(magnet.peers[i]);
    magnet_free(&magnet);
    return error;
}

int setup_storage(struct storage *storage, const struct metainfo *metainfo)
{
    struct rlimit limit;
    const char *path = NULL;
    getrlimit(RLIMIT_NOFILE, &limit);
    int error =
        storage_open(storage, metainfo, settings.dir, settings.seed, limit.rlim_cur / 4, &path);
    if (error != 0)
        flux_log(FLUX_ERROR, "%s%s%s: %s", settings.dir, path != NULL ? "/" : "",
                 path != NULL ? path : "", strerror(error));
    return error;
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* A peer takes two descriptors, files a quarter of all. */
static void fit_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    uint64_t rest = limit.rlim_cur - limit.rlim_cur / 4;
    uint64_t most = rest > DESCRIPTORS_KEPT + 4 ? (rest - DESCRIPTORS_KEPT) / 2 : 2;
    if (settings.most_peers > most) {
        flux_log(FLUX_WARNING, "--max-peers: %llu, as there are %llu descriptors (ulimit -n)",
                 (unsigned long long)most, (unsigned long long)limit.rlim_cur);
        settings.most_peers = most;
    }
}

static int make_swarm(void)
{
    uint8_t random[16];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return EIO;
    memcpy(swarm.id, "-FX0100-", 8);
    memcpy(swarm.id + 8, random, 12);
    memcpy(&swarm.random, random + 12, 4);
    swarm.candidates.random = swarm.random;
    swarm.up_bucket.limit = settings.up;
    swarm.down_bucket.limit = settings.down;
    swarm.peers = calloc(settings.most_peers, sizeof *swarm.peers);
    swarm.clients = clients_new(settings.per_address, 0);
    return swarm.peers != NULL && swarm.clients != NULL ? 0 : ENOMEM;
}

static int load(void)
{
    int count;
    char *const *operands = flux_operands(&count);
    if (settings.create != NULL && count == 0)
        return create_begin();
    if (settings.create != NULL || count != 1) {
        flux_log(FLUX_ERROR, settings.create != NULL
                                 ? "--create takes no torrent"
                                 : "one torrent is needed: FILE.torrent or a magnet link");
        return EINVAL;
    }
    if (magnet_is_one(operands[0]))
        return load_magnet(operands[0]);
    int error = load_torrent(operands[0]);
    return error != 0 ? error : setup_storage(&swarm.storage, &swarm.metainfo);
}

int Prepare(void)
{
    fit_descriptors();
    int error = make_swarm();
    if (error == 0)
        error = load();
    for (size_t i = 0; i < peer_count && error == 0; i++)
        error = add_address(peers[i]);
    if (error == 0 && ((error = handover_open(&whole, sizeof(struct partial *))) != 0 ||
                       (error = handover_open(&unverified, sizeof(int64_t))) != 0 ||
                       (error = handover_open(&to_dial, sizeof(struct peer))) != 0))
        return error;
    if (error != 0)
        return error;
    swarm.trackers = given.trackers;
    swarm.tracker_count = given.tracker_count;
    if (swarm.metainfo.file_count > 0 &&
        ((error = pieces_prepare_hole()) != 0 || (error = swarm_begin()) != 0))
        return error;
    if (settings.create != NULL)
        return 0;
    error = announce_open();
    if (error == 0)
        error = listen_open(":6881", LISTEN_AT_ONCE);
    if (error == 0)
        swarm_dial();
    return error;
}

/* ---- the end --------------------------------------------------------------------------------- */

void setup_done(void)
{
    kill(getpid(), SIGTERM);
}

void setup_fail(void)
{
    atomic_store(&failed, true);
    kill(getpid(), SIGTERM);
}

int Finish(void)
{
    listen_close();
    pieces_finish();
    report_end();
    announce_stopped();
    announce_close();
    handover_close(&whole);
    handover_close(&unverified);
    handover_close(&to_dial);
    swarm_free();
    metainfo_free(&given);
    create_free();
    return failed ? ECANCELED : 0;
}
