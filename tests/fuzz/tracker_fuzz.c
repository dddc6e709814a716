/* tracker_fuzz.c - what a tracker answers, over HTTP and over UDP; URLs of both. */
#include "tracker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct tracker_reply *reply)
{
    if (reply->count > TRACKER_MOST_PEERS || reply->interval > 86400 || reply->least > 86400)
        abort();
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->peers[i].port == 0 ||
            (reply->peers[i].family != AF_INET && reply->peers[i].family != AF_INET6))
            abort();
    }
    for (const char *at = reply->reason; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~')
            abort();
    }
}

static void check_url(const char *url)
{
    static const uint8_t bytes[20] = "\0\x7f !%&=abcABC09-._~";
    struct tracker_request request = {.info_hash = bytes, .peer_id = bytes, .want = 1};
    uint8_t packet[TRACKER_ANNOUNCE_SIZE + TRACKER_PATH_SIZE];
    char host[256], port[8];
    const char *path;
    free(tracker_url(url, &request));
    if (tracker_split(url, host, port, &path) &&
        tracker_write_announce(packet, 1, 2, &request, path) > sizeof packet)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tracker_reply reply;
    uint64_t connection;
    if (tracker_read(&reply, data, size) == 0)
        check(&reply);
    if (tracker_read_connect(&reply, data, size, 0x01020304, &connection) == EBADMSG)
        check(&reply);
    if (tracker_read_announce(&reply, data, size, 0x01020304, size % 2 ? AF_INET : AF_INET6) == 0)
        check(&reply);
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_url(text);
    free(text);
    return 0;
}
