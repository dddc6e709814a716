/* announce.c - trackers: who is asked, when, and what is made of the answer.
 *
 * Trackers stand in tiers (BEP 12): all of a tier are tried before one of the next, in an order by
 * lot, and who has answered comes first in its tier from then on. One flow at a time announces, so
 * the order needs no constraint; only what goes into the swarm does.
 */
#include "bittorrent_flux.h"

#include "flux.h"
#include "listen.h"

#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHORTEST     (5 * SECOND) /* between two announcements, whatever a tracker says */
#define USUAL        (30 * 60 * SECOND)
#define FIRST_RETRY  (15 * SECOND) /* when nobody has answered; then twice that, up to USUAL */
#define FEW_PEERS    10            /* with fewer, trackers are asked as often as they like */
#define HTTP_TIMEOUT 30L           /* seconds */
#define HTTP_CONNECT 10L
#define UDP_TIMEOUT  15000 /* milliseconds, then twice that (BEP 15), then another tracker */
#define STOP_TIMEOUT 3L    /* seconds, for a last word */

static announcement news; /* there is one at a time */
static size_t at;         /* in swarm.trackers */
static uint64_t next_round, least_after, retry = FIRST_RETRY;
static bool started, told_completed;
static uint32_t key;
static const char *knows_us; /* the tracker that has answered last */
static bool ending;          /* the last word: there is not much time */
static bool ready;

/* ---- when, and whom -------------------------------------------------------------------------- */

int announce_open(void)
{
    key = swarm_random();
    ready = curl_global_init(CURL_GLOBAL_DEFAULT) == 0;
    /* By lot within each tier. */
    for (size_t i = 1; i < swarm.tracker_count; i++) {
        size_t first = i;
        while (first > 0 && swarm.trackers[first - 1].tier == swarm.trackers[i].tier)
            first--;
        size_t other = first + swarm_random() % (i - first + 1);
        struct metainfo_tracker one = swarm.trackers[i];
        swarm.trackers[i] = swarm.trackers[other];
        swarm.trackers[other] = one;
    }
    return ready ? 0 : ENOMEM;
}

void announce_close(void)
{
    if (ready)
        curl_global_cleanup();
}

static bool is_due(uint64_t now)
{
    if (swarm.tracker_count == 0 || swarm.stage == STAGE_CHECKING || swarm.adopting ||
        create_hashes != NULL || flux_stopping())
        return false;
    bool lonely = swarm.peer_count < FEW_PEERS && candidates_free(&swarm.candidates) == 0 &&
                  !swarm_complete();
    bool soon = !started || swarm.announce_now || lonely;
    return now >= next_round || (soon && now >= least_after);
}

static void ask_for(enum tracker_event event)
{
    news.request = (struct tracker_request){
        .info_hash = swarm.info_hash,
        .peer_id = swarm.id,
        .uploaded = swarm.up.total,
        .downloaded = swarm.down.total,
        .left = swarm_knows() ? swarm.left : 1, /* a link says nothing of its size */
        .event = event,
        .key = key,
        .port = listen_port(),
        .want = event == TRACKER_STOPPED ? 0
                : swarm_complete()       ? 30
                                         : 100,
    };
    news.url = swarm.trackers[at].url;
}

int Look(Look_out *out)
{
    uint64_t now = flux_now();
    out->news = &news;
    news.due = is_due(now);
    if (!news.due)
        return 0;
    enum tracker_event event = TRACKER_NONE;
    if (!started)
        event = TRACKER_STARTED;
    else if (swarm.completed && !told_completed)
        event = TRACKER_COMPLETED;
    ask_for(event);
    return 0;
}

static bool has_scheme(const char *url, const char *scheme)
{
    return strncmp(url, scheme, strlen(scheme)) == 0;
}

bool IsUdp(announcement *what)
{
    return what->due && has_scheme(what->url, "udp:");
}

bool IsHttp(announcement *what)
{
    return what->due && !has_scheme(what->url, "udp:");
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static size_t take(char *data, size_t size, size_t count, void *to)
{
    struct buffer *body = to;
    if (size * count > TRACKER_LONGEST - body->used)
        return 0;
    buffer_add(body, data, size * count);
    return body->failed ? 0 : size * count;
}

static int keep_on(void *unused, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)unused, (void)a, (void)b, (void)c, (void)d;
    return flux_stopping() && !ending;
}

static void set_up(CURL *curl, const char *url, struct buffer *body, char *problem)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 4L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, ending ? STOP_TIMEOUT : HTTP_CONNECT);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, ending ? STOP_TIMEOUT : HTTP_TIMEOUT);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "Flux/1.0");
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, keep_on);
}

static int fail(announcement *what, const char *reason)
{
    snprintf(what->reply.reason, sizeof what->reply.reason, "%.*s",
             (int)sizeof what->reply.reason - 1, reason);
    return EBADMSG;
}

/* Plain sequential code: whatever curl waits for in there, only this flow waits. */
static int ask_http(announcement *what)
{
    struct buffer body = {0};
    char problem[CURL_ERROR_SIZE] = "";
    char *url = tracker_url(what->url, &what->request);
    CURL *curl = url != NULL ? curl_easy_init() : NULL;
    int error = ENOMEM;
    if (curl != NULL) {
        set_up(curl, url, &body, problem);
        CURLcode code = curl_easy_perform(curl);
        if (code != CURLE_OK)
            error = fail(what, problem[0] != '\0' ? problem : curl_easy_strerror(code));
        else if ((error = tracker_read(&what->reply, body.data, body.used)) != 0)
            fail(what, "its answer is none of a tracker");
        curl_easy_cleanup(curl);
    }
    buffer_free(&body);
    free(url);
    return error == 0 && what->reply.reason[0] != '\0' ? EBADMSG : error;
}

int AskHttp(AskHttp_in *in, AskHttp_out *out)
{
    out->news = in->news;
    return ask_http(in->news);
}

/* ---- UDP ------------------------------------------------------------------------------------- */

/* Sends a packet and waits for what may answer it; *got is 0 when the time is over. */
static int converse(int fd, const uint8_t *packet, size_t size, uint8_t *answer, size_t room,
                    int milliseconds, size_t *got)
{
    *got = 0;
    if (packet != NULL && send(fd, packet, size, MSG_NOSIGNAL) < 0)
        return errno;
    for (int waited = 0; waited < milliseconds; waited += 250) {
        struct pollfd in = {.fd = fd, .events = POLLIN};
        if (flux_stopping() && !ending)
            return ECANCELED;
        if (poll(&in, 1, 250) != 1)
            continue;
        ssize_t count = recv(fd, answer, room, MSG_DONTWAIT);
        if (count < 0)
            return errno;
        *got = (size_t)count;
        return 0;
    }
    return 0;
}

struct udp {
    int fd, family;
    uint32_t transaction;
    uint64_t connection;
    uint8_t packet[TRACKER_ANNOUNCE_SIZE + TRACKER_PATH_SIZE];
    size_t size;
};

/* Asks until there is an answer: packets get lost. connecting: which of the two it is. */
static int ask_until(struct udp *udp, announcement *what, bool connecting, uint8_t *answer,
                     size_t room)
{
    int patience = ending ? (int)STOP_TIMEOUT * 1000 : UDP_TIMEOUT, error = EAGAIN;
    for (int tries = 0; tries < (ending ? 1 : 2) && error == EAGAIN; tries++, patience *= 2) {
        const uint8_t *packet = udp->packet;
        size_t got;
        do {
            error = converse(udp->fd, packet, udp->size, answer, room, patience, &got);
            packet = NULL;
            if (error == 0 && got == 0)
                error = ETIMEDOUT;
            else if (error == 0)
                error = connecting ? tracker_read_connect(&what->reply, answer, got,
                                                          udp->transaction, &udp->connection)
                                   : tracker_read_announce(&what->reply, answer, got,
                                                           udp->transaction, udp->family);
        } while (error == EAGAIN); /* it answers something else */
        if (error == ETIMEDOUT)
            error = EAGAIN;
    }
    return error == EAGAIN ? ETIMEDOUT : error;
}

static int announce_over(struct udp *udp, announcement *what, const char *path)
{
    static uint8_t answer[20 + TRACKER_MOST_PEERS * COMPACT_IPV6]; /* one flow announces */
    udp->transaction = swarm_random() ^ (uint32_t)flux_now();
    tracker_write_connect(udp->packet, udp->transaction);
    udp->size = TRACKER_CONNECT_SIZE;
    int error = ask_until(udp, what, true, answer, sizeof answer);
    if (error != 0)
        return error;
    udp->transaction++;
    udp->size = tracker_write_announce(udp->packet, udp->connection, udp->transaction,
                                       &what->request, path);
    return ask_until(udp, what, false, answer, sizeof answer);
}

static int ask_udp(announcement *what)
{
    char host[256], port[8];
    const char *path;
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    if (!tracker_split(what->url, host, port, &path))
        return fail(what, "not udp://HOST:PORT");
    int problem = getaddrinfo(host, port, &hints, &found), error = EADDRNOTAVAIL;
    if (problem != 0)
        return fail(what, gai_strerror(problem));
    for (struct addrinfo *one = found; one != NULL && error != 0; one = one->ai_next) {
        struct udp udp = {.family = one->ai_family};
        udp.fd = socket(one->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (udp.fd < 0)
            continue;
        error = connect(udp.fd, one->ai_addr, one->ai_addrlen) == 0
                    ? announce_over(&udp, what, path)
                    : errno;
        close(udp.fd);
        if (error == EBADMSG || error == ECANCELED)
            break;
    }
    freeaddrinfo(found);
    return error;
}

int AskUdp(AskUdp_in *in, AskUdp_out *out)
{
    out->news = in->news;
    return ask_udp(in->news);
}

/* ---- what came of it ------------------------------------------------------------------------- */

/* The next tracker a second later; after the last one all of them again, later each time. */
int Postpone(Postpone_in *in, Postpone_out *out)
{
    uint64_t now = flux_now();
    out->news = in->news;
    in->news->due = false;
    if (flux_stopping()) { /* it may have heard of us, but its answer was not waited for */
        knows_us = in->news->url;
        return 0;
    }
    const char *reason = in->news->reply.reason;
    flux_log(FLUX_WARNING, "tracker %s: %s", in->news->url,
             reason[0] != '\0' ? reason : flux_strerror(in->error));
    in->news->reply.reason[0] = '\0';
    in->news->tried++;
    at = (at + 1) % swarm.tracker_count;
    next_round = least_after = now;
    if (in->news->tried >= swarm.tracker_count) {
        in->news->tried = 0;
        at = 0;
        next_round = least_after = now + retry;
        retry = 2 * retry < USUAL ? 2 * retry : USUAL;
    }
    return 0;
}

/* To the front of its tier. */
static void promote(void)
{
    for (; at > 0 && swarm.trackers[at - 1].tier == swarm.trackers[at].tier; at--) {
        struct metainfo_tracker one = swarm.trackers[at];
        swarm.trackers[at] = swarm.trackers[at - 1];
        swarm.trackers[at - 1] = one;
    }
}

int Gain(Gain_in *in)
{
    announcement *what = in->news;
    uint64_t now = flux_now();
    if (!what->due)
        return 0;
    for (size_t i = 0; i < what->reply.count; i++)
        candidates_add(&swarm.candidates, &what->reply.peers[i]);
    uint64_t interval = what->reply.interval > 0 ? what->reply.interval * SECOND : USUAL;
    uint64_t least = what->reply.least > 0 ? what->reply.least * SECOND : interval / 10;
    least = least > SHORTEST ? least : SHORTEST;
    next_round = now + (interval > least ? interval : least);
    least_after = now + least;
    retry = FIRST_RETRY;
    swarm.announce_now = false;
    told_completed |= what->request.event == TRACKER_COMPLETED;
    if (!started && swarm.completed) /* it was never said to be incomplete */
        told_completed = true;
    started = true;
    knows_us = what->url;
    if (swarm.completed && !told_completed)
        swarm.announce_now = true;
    what->tried = 0;
    promote();
    at = 0;
    swarm_dial();
    return 0;
}

static int say(enum tracker_event event)
{
    ask_for(event);
    news.url = knows_us;
    return has_scheme(news.url, "udp:") ? ask_udp(&news) : ask_http(&news);
}

/* The tracker that knows us is told that we go; by `final`. */
void announce_stopped(void)
{
    if (knows_us == NULL)
        return;
    ending = true;
    if (swarm.completed && !told_completed && say(TRACKER_COMPLETED) != 0)
        return;
    say(TRACKER_STOPPED);
}
